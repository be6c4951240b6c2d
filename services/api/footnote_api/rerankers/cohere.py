"""Reranking by Cohere."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import cohere

from footnote_api.rerankers.documents import document
from footnote_core.embedders.cohere import close_client, open_client, upstream_errors
from footnote_core.errors import UpstreamError
from footnote_core.models import Passage
from footnote_core.settings import Settings

DEFAULT_MODEL = "rerank-v5.0-fast"
_SECONDS = 1.0
"""A reader waits: after this the order of the search stands."""


class CohereReranker:
    """Orders passages by the relevance that `model` gives them."""

    def __init__(self, client: cohere.AsyncClientV2, model: str) -> None:
        self._client = client
        self._model = model
        self.name = f"cohere/{model}"

    @classmethod
    def from_settings(cls, settings: Settings) -> "CohereReranker":
        return cls(open_client(settings), settings.rerank_model or DEFAULT_MODEL)

    async def rerank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        """All of `passages`, best first; the vendor's score replaces the search's."""
        documents = [document(passage) for passage in passages]
        with upstream_errors():
            async with asyncio.timeout(_SECONDS):
                response = await self._client.rerank(model=self._model, query=question, documents=documents)
            ranked = [(result.index, result.relevance_score) for result in response.results]
        if sorted(index for index, _ in ranked) != list(range(len(passages))):
            raise UpstreamError("Cohere did not rank every passage exactly once.")
        return [replace(passages[index], score=score) for index, score in ranked]

    async def aclose(self) -> None:
        await close_client(self._client)
