"""What may be asked: the limits of a question and of the conversation before it."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from footnote_api.answerers import Turn
from footnote_api.scope import Place

QUESTION_CHARACTERS = 4_000
HISTORY_TURNS = 20
HISTORY_BYTES = 16 * 1024

Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
"""Of a version or language; empty is none."""
Question = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=QUESTION_CHARACTERS)
]


class Asked(BaseModel):
    """A question, and where the reader asks it."""

    question: Question = Field(
        description="1 to 4,000 characters", examples=["How do I change the base URL?"]
    )
    version: Name | None = Field(None, description="version of the docs; null is the default version")
    locale: Name | None = Field(None, description="language of the docs; null is the default one")
    page: str | None = Field(None, max_length=2_000, description="route of the page that the reader looks at")
    selection: str = Field(
        "", max_length=QUESTION_CHARACTERS, description="words of the docs that the reader has selected"
    )

    def place(self) -> Place:
        return Place(self.page, self.version or None, self.locale or None, self.selection)


class TurnBody(BaseModel):
    """One message of the conversation so far."""

    role: Literal["user", "assistant"]
    content: str = Field(max_length=HISTORY_BYTES)


class AskBody(Asked):
    """The body of `POST /api/ask`."""

    history: list[TurnBody] = Field(
        [],
        max_length=HISTORY_TURNS,
        description="the conversation so far, oldest first; 20 turns and 16 kB at most",
    )

    @model_validator(mode="after")
    def _history_is_small(self) -> Self:
        if sum(len(turn.content.encode()) for turn in self.history) > HISTORY_BYTES:
            raise ValueError("history must have at most 16 kB of text")
        return self

    def turns(self) -> list[Turn]:
        return [Turn(turn.role, turn.content) for turn in self.history]


def recent(turns: Sequence[Turn]) -> list[Turn]:
    """The last turns that keep within the limits of a history, oldest first."""
    kept: list[Turn] = []
    size = 0
    for turn in reversed(turns[-HISTORY_TURNS:]):
        size += len(turn.content.encode())
        if size > HISTORY_BYTES:
            break
        kept.append(turn)
    return kept[::-1]
