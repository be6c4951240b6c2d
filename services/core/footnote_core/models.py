"""The nouns of the product: frozen values without I/O.

A *page* is one document with a route. It has *sections*, one a heading. A section is cut into
*chunks* that fit the embedder. What a search brings back is a *passage*; what an answer shows is a
*citation*.
"""

import hashlib
from dataclasses import dataclass


def point_id(*parts: str) -> int:
    """Id of a point in the index, 63 bits: the same parts, the same id.

    Among a million points two collide with a probability below one in ten million. A number and not a
    UUID: a search meets 180 of them, and each object of that class costs it a microsecond.
    """
    digest = hashlib.blake2b("\x00".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1


@dataclass(frozen=True, slots=True)
class Section:
    """The text under one heading, up to the next heading.

    anchor   id of the heading as Docusaurus renders it; None before the first h2 (and for the h1)
    heading  plain text of the heading; None before the first heading
    level    1-6; 1 for the text before the first h2
    path     headings above it, outermost first, without the page title and without `heading`
    text     Markdown of the body, MDX imports and JSX removed, code fences kept
    line     1-based line in the source file where the section starts
    rows     table rows in `text` that can be linked: (first cell as it stands there, id of the row)
    linked   texts of the links that lead here from other pages, where the source can tell
    """

    anchor: str | None
    heading: str | None
    level: int
    path: tuple[str, ...]
    text: str
    line: int
    rows: tuple[tuple[str, str], ...] = ()
    linked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One document of the site, as Docusaurus would publish it.

    route    path of the page on the site: base URL, version, locale and trailing slash included
    source   path of the file relative to the site directory, or the URL of a crawled page
    version  of the docs; empty for what belongs to all of them, as blog and standalone pages do
    latest   whether readers see this version by default; None where that is not known
    digest   hash over everything the page was made from, where its source can tell; equal means unchanged
    """

    route: str
    title: str
    source: str
    sections: tuple[Section, ...]
    description: str = ""
    keywords: tuple[str, ...] = ()
    version: str = "current"
    locale: str = "en"
    kind: str = "docs"
    latest: bool | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of one section, small enough for the embedder.

    ordinal  0-based position of the chunk in its page
    tokens   length of `text` in the tokenizer of chunking
    rows     as in Section, those of this piece
    linked   as in Section
    """

    route: str
    title: str
    source: str
    anchor: str | None
    heading: str | None
    path: tuple[str, ...]
    text: str
    ordinal: int
    tokens: int
    line: int
    version: str = "current"
    locale: str = "en"
    description: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    linked: tuple[str, ...] = ()

    @property
    def id(self) -> int:
        """The same place in the docs, the same id."""
        return point_id("chunk", f"{self.route}#{self.anchor or ''}", str(self.ordinal))

    @property
    def embedded_text(self) -> str:
        """What the embedder reads: the heading path, then the text."""
        trail = " › ".join(part for part in (self.title, *self.path, self.heading or "") if part)
        return f"{trail}\n\n{self.text}"


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that a search found, best first; `score` is comparable within one search only.

    nearness  cosine of its embedding and the question's, in [0, 1]; 0 when there was no embedding
    """

    id: int
    route: str
    title: str
    source: str
    anchor: str | None
    heading: str | None
    path: tuple[str, ...]
    text: str
    ordinal: int
    version: str
    locale: str
    score: float
    nearness: float = 0.0
    rows: tuple[tuple[str, str], ...] = ()

    @property
    def link(self) -> str:
        """Route with the fragment of the heading; no fragment before the first h2."""
        return f"{self.route}#{self.anchor}" if self.anchor else self.route

    def link_to(self, quote: str) -> str:
        """The link of the only table row that `quote` stands in, when that row has one; else `link`."""
        anchors = dict(self.rows)
        lines = [line for line in self.text.splitlines() if quote in " ".join(line.split())]
        cell = lines[0].removeprefix("| ").partition(" |")[0] if len(lines) == 1 else ""
        return f"{self.route}#{anchors[cell]}" if cell in anchors else self.link


@dataclass(frozen=True, slots=True)
class Citation:
    """A footnote of an answer. `quote` stands verbatim in the docs; `url` is absolute."""

    index: int
    url: str
    title: str
    heading: str | None
    quote: str
    source: str
