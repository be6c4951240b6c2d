"""The YAML block at the top of a page, read as Docusaurus reads it."""

import re
from dataclasses import dataclass

import yaml

from footnote_ingest.parsers import ParseError

_OPENING = re.compile(r"---[ \t]*(?:yaml)?[ \t]*\n")
_CLOSING = re.compile(r"^---[ \t]*$", re.MULTILINE)
_UNSET = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a page says about itself. Every value is text as written: `1.10` stays `1.10`.

    hidden     draft or unlisted: never to be answered from
    slug_line  1-based line of the slug, 1 where there is none
    """

    title: str | None = None
    slug: str | None = None
    id: str | None = None
    description: str = ""
    keywords: tuple[str, ...] = ()
    hidden: bool = False
    number_prefixes: bool = True
    slug_line: int = 1


def split_front_matter(text: str) -> tuple[FrontMatter, str, int]:
    """Front matter, the text after it, and the 1-based line in the file where that text starts.

    `text` has `\\n` line ends. Raises ParseError with the line of the mistake.
    """
    opening = _OPENING.match(text)
    if opening is None:
        return FrontMatter(), text, 1
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        raise ParseError("the front matter that opens here is never closed with ---", 1)
    block = text[opening.end() : closing.start()]
    try:
        # The base loader keeps every scalar a string, so that a version or a date in a title survives.
        data = yaml.load(block, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506
    except yaml.YAMLError as error:
        raise ParseError(*_explain(error)) from error
    if data in (None, ""):
        data = {}
    if not isinstance(data, dict):
        raise ParseError("the front matter is not a list of `name: value` lines", 2)
    after = closing.end() + 1
    return _read(data, block), text[after:], text.count("\n", 0, after) + 1


def _explain(error: yaml.YAMLError) -> tuple[str, int]:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or "not valid YAML"
    hint = "put values that contain `: `, `#` or quotes between double quotes"
    return f"the front matter cannot be read ({problem}); {hint}", (mark.line if mark else 0) + 2


def _read(data: dict[str, object], block: str) -> FrontMatter:
    def word(name: str) -> str | None:
        value = data.get(name)
        return value if isinstance(value, str) and value not in _UNSET else None

    keywords = data.get("keywords") or ()
    if isinstance(keywords, str):
        keywords = [part.strip() for part in keywords.split(",")]
    slug_at = re.search(r"^slug[ \t]*:", block, re.MULTILINE)
    return FrontMatter(
        title=word("title"),
        slug=word("slug"),
        id=word("id"),
        description=word("description") or "",
        keywords=tuple(k for k in keywords if isinstance(k, str) and k) if isinstance(keywords, list) else (),
        hidden=word("draft") in _TRUE or word("unlisted") in _TRUE,
        number_prefixes=word("parse_number_prefixes") not in {"false", "False", "FALSE"},
        slug_line=block.count("\n", 0, slug_at.start()) + 2 if slug_at else 1,
    )
