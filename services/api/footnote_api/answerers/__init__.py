"""The answerer port: a question and its evidence to statements that say what supports them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from footnote_core.models import Passage
from footnote_core.settings import Settings

if TYPE_CHECKING:
    from footnote_api.budget import Budget


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of a conversation."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A run of answer text and the passages that support it.

    text     Markdown; the texts of all statements joined are the answer without markers
    support  positions in the evidence; empty for text that claims nothing
    quote    words of the first supporting passage, verbatim
    """

    text: str
    support: tuple[int, ...]
    quote: str | None = None


class Answerer(Protocol):
    """Writes an answer from evidence and from nothing else."""

    @property
    def name(self) -> str:
        """`extractive`, or vendor and model."""

    def stream(
        self, question: str, evidence: Sequence[Passage], history: Sequence[Turn]
    ) -> AsyncIterator[Statement]:
        """The answer, statement by statement. Raises UpstreamError when a vendor fails."""


@runtime_checkable
class Checked(Protocol):
    """An answerer that can be asked at start whether its vendor will have it."""

    async def check(self) -> None:
        """Raises UpstreamError with the reason why not."""


def build_answerer(settings: Settings, budget: "Budget") -> Answerer:
    """The answerer that the settings choose; a vendor's package is imported only when chosen."""
    choice = settings.answerer
    if choice == "auto":
        choice = "openai" if settings.openai_api_key or settings.openai_base_url else "extractive"
    if choice == "openai":
        from footnote_api.answerers.openai import OpenAIAnswerer

        return OpenAIAnswerer.from_settings(settings, budget)
    from footnote_api.answerers.extractive import ExtractiveAnswerer

    return ExtractiveAnswerer()
