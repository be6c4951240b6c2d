"""The reranker port: passages in a better order."""

from collections.abc import Sequence
from typing import Protocol

from footnote_core.models import Passage
from footnote_core.settings import Settings


class Reranker(Protocol):
    """Orders passages by how well they answer a question."""

    @property
    def name(self) -> str:
        """Vendor and model, for example `cohere/rerank-v3.5`."""

    async def rerank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        """All of `passages`, best first, scores replaced by the reranker's in [0, 1].

        Raises UpstreamError or UpstreamTimeout when the vendor fails.
        """

    async def aclose(self) -> None:
        """Close connections; the reranker cannot be used afterwards."""


def build_reranker(settings: Settings) -> Reranker | None:
    """The reranker that the settings choose; None for the order that the search found."""
    choice = settings.reranker
    if choice == "auto":
        choice = "cohere" if settings.cohere_api_key else "none"
    if choice == "none":
        return None
    if choice == "fastembed":
        from footnote_api.rerankers.fastembed import FastReranker

        return FastReranker.from_settings(settings)
    from footnote_api.rerankers.cohere import CohereReranker

    return CohereReranker.from_settings(settings)
