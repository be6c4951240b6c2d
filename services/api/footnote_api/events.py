"""What happens while a question is answered, and the answer that comes of it."""

from dataclasses import dataclass

from footnote_api.phrases import Phrases
from footnote_core.models import Citation


@dataclass(frozen=True, slots=True)
class Nearest:
    """A section that is close to a question the docs do not answer."""

    url: str
    title: str
    heading: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer, said in the language of `phrases`. `text` has no markers, `markdown` has; timings in ms."""

    text: str
    markdown: str
    citations: tuple[Citation, ...]
    refused: bool
    nearest: tuple[Nearest, ...]
    answerer: str
    notice: str | None
    timings_ms: dict[str, float]
    phrases: Phrases


@dataclass(frozen=True, slots=True)
class Searching:
    """The search has begun."""


@dataclass(frozen=True, slots=True)
class Delta:
    """More text of the answer, without markers."""

    text: str


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation of what was said so far.

    offset  UTF-16 position in the text without markers
    mark    what stands for it in the Markdown, white space before it included
    new     False where the answer has cited this link before
    """

    citation: Citation
    offset: int
    mark: str
    new: bool


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something the reader should know, for example that a vendor could not be reached."""

    message: str


@dataclass(frozen=True, slots=True)
class Done:
    """The end of the answer."""

    answer: Answer


Event = Searching | Delta | Cited | Noticed | Done
