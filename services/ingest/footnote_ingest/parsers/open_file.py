"""What is known of a file while it is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from footnote_ingest.parsers.dialect import Format
from footnote_ingest.parsers.scanner import Tag
from footnote_ingest.routes import Slugger


@dataclass(frozen=True, slots=True)
class Partial:
    """An imported Markdown file: its name for messages (unique) and its text.

    removes_title  as in `markdown.parse`
    """

    name: str
    text: str
    removes_title: bool = False


PartialLoader = Callable[[str, str], Partial | None]
"""(import specifier, name of the importing file) -> the partial, None when it cannot be read."""


class NoMdx(Exception):
    """A file that may as well be plain Markdown is no valid MDX.

    name     of the file
    line     where that is to be said of the page
    message  what is wrong, with the file's name if it is not the page itself
    """

    def __init__(self, name: str, line: int, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.line = line
        self.message = message


_HIDDEN_ELEMENTS = frozenset({"head", "Head", "style", "script"})
"""Elements whose content no reader sees on the page."""


@dataclass(slots=True)
class OpenHeading:
    """A heading that is written as an element, and its text so far."""

    name: str
    level: int
    anchor: str
    line: int
    text: list[str] = field(default_factory=list)


@dataclass(slots=True)
class OpenFile:
    """One file being read: the page itself or a partial in it."""

    name: str
    format: Format
    first_line: int
    fixed_line: int | None  # a partial's sections stand at the line that includes it
    slugger: Slugger
    removes_title: bool  # while nothing but its first heading may be the title
    env: dict[str, object] = field(default_factory=dict)
    partials: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    tags: list[tuple[Tag, int]] = field(default_factory=list)
    heading: OpenHeading | None = None
    row_prefix: str | None = None  # of the ids of the rows in an open <APITable>
    notes: dict[str, tuple[str, Sequence[Token]]] = field(default_factory=dict)
    noted: dict[str, None] = field(default_factory=dict)  # the footnotes in use, in their order

    @property
    def hides(self) -> bool:
        """Whether an element is open whose content no reader sees."""
        return any(tag.name in _HIDDEN_ELEMENTS for tag, _ in self.tags)

    def line(self, token: Token) -> int:
        return self.fixed_line or (token.map[0] if token.map else 0) + self.first_line
