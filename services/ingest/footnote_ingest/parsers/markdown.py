"""Markdown and MDX pages to sections whose anchors are the ids that Docusaurus gives.

Kept: prose, code with its language and title, tables, lists, admonition titles, footnotes, the content of
JSX elements. Dropped: imports, exports, tags and their attributes, expressions, comments, link targets.
An imported `.md`/`.mdx` file that stands as `<Name/>` is read in place, with ids of its own, and so is the code
that a code block takes from another file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from footnote_core.models import Section
from footnote_ingest.parsers.dialect import Dialect
from footnote_ingest.parsers.front_matter import FrontMatter, split_front_matter
from footnote_ingest.parsers.imports import CodeLoader
from footnote_ingest.parsers.open_file import NoMdx, Partial, PartialLoader
from footnote_ingest.parsers.reader import Reader
from footnote_ingest.parsers.text import content_title, normalize_lines

__all__ = ["Document", "Partial", "PartialLoader", "parse"]


NOTHING_EVERYWHERE: Mapping[str, tuple[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed page. `notes` are (line, message) of what is missing from it, an absent partial say."""

    title: str
    front_matter: FrontMatter
    sections: tuple[Section, ...]
    notes: tuple[tuple[int, str], ...] = ()


def parse(
    text: str,
    *,
    name: str,
    fallback_title: str,
    partial: PartialLoader | None = None,
    code: CodeLoader | None = None,
    everywhere: Mapping[str, tuple[str, str]] = NOTHING_EVERYWHERE,
    removes_title: bool = False,
    dialect: Dialect = Dialect(),  # noqa: B008 (frozen)
) -> Document:
    """Read one page. Raises ParseError when its front matter or MDX is broken.

    name            file name; a `.md` file that is no valid MDX is read as plain Markdown, with a note
    fallback_title  for a page without a title and without an h1
    everywhere      partials that need no import, by name: specifier, and the file that imports them
    removes_title   the h1 that the file starts with is taken out before ids are given, as in a blog
    """
    front_matter, body, first_line = split_front_matter(normalize_lines(text))
    found = content_title(body)
    shown = front_matter.title or (None if found else "")
    plain: dict[str, tuple[int, str]] = {}
    while True:
        reader = Reader(partial, code, dialect, shown, frozenset(plain), everywhere)
        try:
            reader.read(body, name, first_line, removes_title=removes_title, format=front_matter.format)
            break
        except NoMdx as error:
            plain[error.name] = (error.line, error.message)
    title = front_matter.title or found or fallback_title
    notes = [*reader.notes]
    if dialect.format is not None:
        notes += [(line, message) for line, message in plain.values()]
    return Document(title, front_matter, tuple(reader.finish()), tuple(notes))
