"""LangChain: recursive character splitter, in-memory vector store; hybrid with BM25 by rank fusion."""

import sys
from pathlib import Path
from typing import Any

from embedding import embed
from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.retrievers import BM25Retriever
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_text_splitters import RecursiveCharacterTextSplitter
from protocol import Built, serve

PACKAGES = ("langchain-core", "langchain-classic", "langchain-community", "langchain-text-splitters")


class WordLlamaEmbeddings(Embeddings):
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return embed(texts)

    def embed_query(self, text: str) -> list[float]:
        return embed([text])[0]


def build(pages: list[dict[str, Any]], folder: Path) -> Built:
    documents = [Document(page_content=page["text"], metadata={"page": page["id"]}) for page in pages]
    chunks = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(documents)
    store = InMemoryVectorStore(WordLlamaEmbeddings())
    store.add_documents(chunks)
    store.dump(str(folder / "store.json"))
    words = BM25Retriever.from_documents(chunks) if sys.argv[1] == "hybrid" else None

    def search(question: str, limit: int) -> list[str]:
        retriever = store.as_retriever(search_kwargs={"k": limit})
        if words:
            words.k = limit
            retriever = EnsembleRetriever(retrievers=[words, retriever], weights=[0.5, 0.5])
        return [chunk.metadata["page"] for chunk in retriever.invoke(question)]

    return Built(search, len(chunks))


serve(build, PACKAGES)
