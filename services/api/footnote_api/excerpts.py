"""Plain-text excerpts of Markdown passages around the words that were searched for (pure)."""

import re
import sys
from array import array
from collections.abc import Iterable
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


def excerpt(
    markdown: str, question: str, locale: str = "en", limit: int = EXCERPT_CHARACTERS
) -> tuple[str, list[tuple[int, int]]]:
    """At most `limit` characters of plain text, where most different words of `question` stand, and its marks.

    The marks are start and end of each word of `question` in the excerpt, in another form or half-typed too.
    """
    text = plain(markdown)
    starts, words = _words(text)
    sought = _sought(question, locale)
    start, begin, end = 0, 0, len(text)
    if len(text) > limit:
        start = _best_start(zip(starts, words, strict=True), sought, limit, len(text))
        last = start + limit - 2
        begin = text.find(" ", start, last) + 1 or last if start else 0
        end = max(text.rfind(" ", begin, last), begin) if last < len(text) else len(text)
    before = "…" if start else ""
    shift = len(before) - begin
    marks = [
        (at + shift, at + shift + len(word))
        for at, word in zip(starts, words, strict=True)
        if sought[word][1] and begin <= at < end
    ]
    return before + text[begin:end] + ("…" if end < len(text) else ""), marks


def _best_start(words: Iterable[tuple[int, str]], sought: "_Sought", limit: int, length: int) -> int:
    """Where an excerpt of `limit` characters begins that has the most different words of the question."""
    found = [(at, term) for at, word in words for term in sought[word][0]]
    reach = limit * 5 // 6
    best = max((at for at, _ in found), key=lambda at: (_distinct(found, at, reach), -at), default=0)
    return min(max(best - limit // 6, 0), length - limit + 2)


@lru_cache(_PASSAGES)
def _words(text: str) -> "tuple[array[int], tuple[str, ...]]":
    """Where the words of `text` start, and the words."""
    found = list(_WORD.finditer(text))
    return array("I", (match.start() for match in found)), tuple(sys.intern(match[0]) for match in found)


class _Sought(dict[str, tuple[frozenset[str], bool]]):
    """Of each word of the docs: the terms of the question that it is a form of, and whether it is to be marked."""

    def __init__(self, question: str, locale: str) -> None:
        super().__init__()
        self._locale = locale
        self._wanted = frozenset(terms(question, locale))
        words = _WORD.findall(question.lower())
        self._typed = words[-1] if self._wanted and len(words[-1]) > 1 else "\0"
        """The last word may be half-typed."""

    def __missing__(self, word: str) -> tuple[frozenset[str], bool]:
        found = self._wanted & _terms(word, self._locale)
        self[word] = known = found, bool(found) or word.lower().startswith(self._typed)
        return known


@lru_cache(1)
def _sought(question: str, locale: str) -> _Sought:
    """The same for all hits of one search."""
    return _Sought(question, locale)


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
