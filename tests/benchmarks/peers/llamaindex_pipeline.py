"""LlamaIndex: sentence splitter, in-memory vector index; hybrid with BM25 by reciprocal rank."""

import sys
from pathlib import Path
from typing import Any

from embedding import embed
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.retrievers.bm25 import BM25Retriever
from protocol import Built, serve

PACKAGES = ("llama-index-core", "llama-index-retrievers-bm25")


class WordLlamaEmbedding(BaseEmbedding):
    def _get_query_embedding(self, query: str) -> list[float]:
        return embed([query])[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return embed([query])[0]

    def _get_text_embedding(self, text: str) -> list[float]:
        return embed([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return embed(texts)


def build(pages: list[dict[str, Any]], folder: Path) -> Built:
    # The id is no part of the text that is embedded, as it is not with the other pipelines.
    hidden = {"excluded_embed_metadata_keys": ["page"], "excluded_llm_metadata_keys": ["page"]}
    documents = [Document(text=page["text"], metadata={"page": page["id"]}, **hidden) for page in pages]
    nodes = SentenceSplitter().get_nodes_from_documents(documents)
    index = VectorStoreIndex(nodes, embed_model=WordLlamaEmbedding())
    index.storage_context.persist(str(folder))
    words = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=1) if sys.argv[1] == "hybrid" else None

    def search(question: str, limit: int) -> list[str]:
        top = min(limit, len(nodes))
        retriever: Any = index.as_retriever(similarity_top_k=top)
        if words:
            words.similarity_top_k = top
            retriever = QueryFusionRetriever(
                [retriever, words],
                llm=MockLLM(),
                mode="reciprocal_rerank",
                similarity_top_k=top,
                num_queries=1,
                use_async=False,
            )
        return [found.node.metadata["page"] for found in retriever.retrieve(question)]

    return Built(search, len(nodes))


serve(build, PACKAGES)
