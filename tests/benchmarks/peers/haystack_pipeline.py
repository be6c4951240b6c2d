"""Haystack: word splitter, in-memory document store; hybrid with BM25 by reciprocal rank fusion."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from embedding import embed
from haystack import Document
from haystack.components.joiners import DocumentJoiner
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from protocol import Built, serve


def build(pages: list[dict[str, Any]], folder: Path) -> Built:
    documents = [Document(content=page["text"], meta={"page": page["id"]}) for page in pages]
    splitter = DocumentSplitter()
    splitter.warm_up()
    chunks = splitter.run(documents=documents)["documents"]
    vectors = embed([chunk.content for chunk in chunks])
    store = InMemoryDocumentStore()
    store.write_documents(
        [replace(chunk, embedding=vector) for chunk, vector in zip(chunks, vectors, strict=True)]
    )
    store.save_to_disk(str(folder / "store.json"))
    meaning = InMemoryEmbeddingRetriever(store)
    words = InMemoryBM25Retriever(store) if sys.argv[1] == "hybrid" else None
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion")

    def search(question: str, limit: int) -> list[str]:
        found = meaning.run(query_embedding=embed([question])[0], top_k=limit)["documents"]
        if words:
            by_words = words.run(query=question, top_k=limit)["documents"]
            found = joiner.run(documents=[by_words, found], top_k=limit)["documents"]
        return [document.meta["page"] for document in found]

    return Built(search, len(chunks))


serve(build, ("haystack-ai",))
