"""Plain-text excerpts of Markdown passages around the words that were searched for (pure)."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from footnote_core.index.terms import term_id, terms

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


_PASSAGES = 4_096
"""Remembered, some 2 kB each: most searches find what others found before."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A passage as excerpts need it, in arrays, which take a tenth of the room of lists.

    starts, ends  of the words in `text`
    terms, words  ids of the terms of all words, ascending, and beside each the number of its word
    """

    text: str
    starts: "array[int]"
    ends: "array[int]"
    terms: "array[int]"
    words: "array[int]"

    def words_of(self, term: int) -> "array[int]":
        """Numbers of the words that have this term."""
        return self.words[bisect_left(self.terms, term) : bisect_right(self.terms, term)]


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
    read = _read(markdown, locale)
    text = read.text
    wanted, typed = _sought(question, locale)
    found = [(word, term) for term in wanted for word in read.words_of(term)]
    start, begin, end = 0, 0, len(text)
    if len(text) > limit:
        start = _best_start(sorted((read.starts[word], term) for word, term in found), limit, len(text))
        last = start + limit - 2
        # So far it may go to begin and end with a whole word; Chinese has no spaces at all.
        whole = limit // 6
        begin = text.find(" ", start, start + whole) + 1 or start if start else 0
        end = len(text)
        if last < end:
            end = space if (space := text.rfind(" ", last - whole, last)) >= 0 else last
    before = "…" if start else ""
    shift = len(before) - begin
    marked = {word for word, _ in found}.union(_begun(typed, read, begin, end))
    marks = [
        (read.starts[word] + shift, min(read.ends[word], end) + shift)
        for word in sorted(marked)
        if begin <= read.starts[word] < end
    ]
    return before + text[begin:end] + ("…" if end < len(text) else ""), marks


def _begun(typed: str, read: _Read, begin: int, end: int) -> Iterator[int]:
    """Numbers of the words between `begin` and `end` that begin with `typed`, if it is anything."""
    if not typed:
        return
    shown = read.text[begin:end].lower()
    if typed not in shown:
        return
    for word in range(bisect_left(read.starts, begin), bisect_left(read.starts, end)):
        if read.text[read.starts[word] : read.ends[word]].lower().startswith(typed):
            yield word


def _best_start(found: Sequence[tuple[int, int]], limit: int, length: int) -> int:
    """Where an excerpt of `limit` characters begins that has the most different terms of the question.

    found  place and term of each word that has one, in order
    """
    reach = limit * 5 // 6
    best = max((at for at, _ in found), key=lambda at: (_distinct(found, at, reach), -at), default=0)
    return min(max(best - limit // 6, 0), length - limit + 2)


@lru_cache(_PASSAGES)
def _read(markdown: str, locale: str) -> _Read:
    text = plain(markdown)
    words = list(_WORD.finditer(text))
    found = sorted((term_id(term), at) for at, word in enumerate(words) for term in terms(word[0], locale))
    starts, ends = (array("I", numbers) for numbers in ((w.start() for w in words), (w.end() for w in words)))
    return _Read(
        text, starts, ends, array("I", (term for term, _ in found)), array("I", (at for _, at in found))
    )


@lru_cache(1)
def _sought(question: str, locale: str) -> tuple[frozenset[int], str]:
    """The terms of a question, and its last word, which may be half-typed; empty when it is one letter."""
    wanted = frozenset(map(term_id, terms(question, locale)))
    words = _WORD.findall(question.lower())
    return wanted, words[-1] if wanted and len(words[-1]) > 1 else ""


def _without_marks(prose: str) -> str:
    for pattern, replacement in _MARKS:
        prose = pattern.sub(replacement, prose)
    return prose


def _distinct(found: Sequence[tuple[int, int]], at: int, reach: int) -> int:
    """How many different terms stand within `reach` characters from `at`."""
    return len({term for place, term in found if at <= place < at + reach})
