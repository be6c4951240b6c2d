"""Plain-text excerpts of Markdown passages around the words that were searched for (pure)."""

import re
from functools import lru_cache

from footnote_core.index.terms import terms

EXCERPT_CHARACTERS = 300

_CODE = re.compile(r"(^[ \t]*```[^\n]*\n.*?(?:^[ \t]*```[ \t]*$|\Z)|`[^`\n]+`)", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^\s*```[^\n]*$", re.MULTILINE)
_MARKS = tuple(
    (re.compile(pattern, re.MULTILINE), replacement)
    for pattern, replacement in (
        (r"!?\[([^\]]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)", r"\1"),  # links and images keep their text
        (r"<[^<>\n]{1,200}>", " "),
        (r"^[ \t]*(?:#{1,6}|[-*+]|\d+\.|>)[ \t]+", ""),
        (r"^[ \t]*:::.*$", ""),
        (r"^[ \t]*\|?[\s:|-]+\|[ \t]*$", ""),  # the line under a table's head
        (r"[ \t]*\|[ \t]*", " "),
        (r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", r"\2"),
        (r"(?<!\w)[*_](?=\S)([^*_\n]+?)(?<=\S)[*_](?!\w)", r"\1"),
    )
)
_WORD = re.compile(r"\w+")


_PASSAGES, _WORDS = 2_048, 20_000
"""Remembered, in some 10 MB: most searches find what others found before, and docs have few different words."""


@lru_cache(_PASSAGES)
def plain(markdown: str) -> str:
    """The words of `markdown` on one line, without its marks; code as it is."""
    pieces = _CODE.split(markdown)
    pieces[::2] = map(_without_marks, pieces[::2])
    pieces[1::2] = (_FENCE.sub("", code).strip("`") for code in pieces[1::2])
    return " ".join("".join(pieces).split())


def excerpt(markdown: str, question: str, locale: str = "en", limit: int = EXCERPT_CHARACTERS) -> str:
    """At most `limit` characters of plain text, where most different words of `question` stand."""
    text = plain(markdown)
    if len(text) <= limit:
        return text
    wanted, _ = _sought(question, locale)
    found = [(m.start(), term) for m in _WORD.finditer(text) for term in wanted & _terms(m[0], locale)]
    reach = limit * 5 // 6
    start = max((place for place, _ in found), key=lambda at: (_distinct(found, at, reach), -at), default=0)
    start = min(max(start - limit // 6, 0), len(text) - limit + 2)
    window = text[start : start + limit - 2]
    if start > 0:
        window = "…" + window.partition(" ")[2]
    return window if start + limit - 2 >= len(text) else window.rpartition(" ")[0] + "…"


def marks(text: str, question: str, locale: str = "en") -> list[tuple[int, int]]:
    """Where in `text` words of `question` stand, in another form or half-typed too: start and end of each."""
    wanted, typed = _sought(question, locale)
    fitting = {
        word
        for word in set(_WORD.findall(text))
        if word.lower().startswith(typed) or not wanted.isdisjoint(_terms(word, locale))
    }
    return [match.span() for match in _WORD.finditer(text) if match[0] in fitting] if fitting else []


@lru_cache(1)
def _sought(question: str, locale: str) -> tuple[frozenset[str], str]:
    """The terms of `question` and its last word, which may be half-typed: the same for all hits of one search."""
    wanted = frozenset(terms(question, locale))
    words = _WORD.findall(question.lower())
    return wanted, words[-1] if wanted and len(words[-1]) > 1 else "\0"


@lru_cache(_WORDS)
def _terms(word: str, locale: str) -> frozenset[str]:
    return frozenset(terms(word, locale))


def _without_marks(prose: str) -> str:
    for pattern, replacement in _MARKS:
        prose = pattern.sub(replacement, prose)
    return prose


def _distinct(found: list[tuple[int, str]], at: int, reach: int) -> int:
    """How many different words stand within `reach` characters from `at`."""
    return len({stem for place, stem in found if at <= place < at + reach})
