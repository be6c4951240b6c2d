"""Footnotes: numbered, one a link, and only where the quoted words stand in the passage (pure)."""

import re
from dataclasses import replace

from footnote_api.addresses import absolute
from footnote_core.models import Citation, Passage

MAX_QUOTE_CHARACTERS = 300

_WORD = re.compile(r"\w+")
_BLOCK_MARK = re.compile(r"^\s*(?:(?:[-*+]|\d+[.)]|>|#{1,6})\s+)+")
_CELL = re.compile(r"(?<!\\)\|")
_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+|\n+")


class Footnotes:
    """The citations of one answer. `site_url` is the origin that links start with."""

    def __init__(self, site_url: str) -> None:
        self._site_url = site_url
        self._by_url: dict[str, Citation] = {}

    @property
    def citations(self) -> tuple[Citation, ...]:
        """One a link, in the order of their numbers, each with the words it was first cited for."""
        return tuple(self._by_url.values())

    def cite(self, passage: Passage, statement: str, quote: str | None = None) -> Citation | None:
        """The footnote for `passage`: the number and link are new or those its link already has.

        `quote` is kept when it stands in the passage; otherwise the sentence of the passage that
        shares most words with `statement` takes its place. None when nothing is shared: the
        passage does not support the statement.
        """
        words = verified_quote(passage.text, quote) or supporting_sentence(passage.text, statement)
        if words is None:
            return None
        url = absolute(self._site_url, passage.link_to(words))
        if url not in self._by_url:
            number = len(self._by_url) + 1
            self._by_url[url] = Citation(number, url, passage.title, passage.heading, words, passage.source)
        return replace(self._by_url[url], quote=words)


def fold(text: str) -> str:
    """`text` with every run of white space as one space."""
    return " ".join(text.split())


def verified_quote(text: str, quote: str | None) -> str | None:
    """`quote` without block marks, folded and shortened, if it stands verbatim in `text`; else None."""
    folded = fold(_without_block_marks(quote or ""))
    return shorten(folded) if folded and folded in fold(text) else None


def supporting_sentence(text: str, statement: str) -> str | None:
    """The sentence of `text` that shares most words with `statement`; None when none shares any."""
    wanted = {word for word in _words(statement) if len(word) > 2}
    best, most = None, 0.0
    for sentence in filter(None, (fold(_without_block_marks(part)) for part in _SENTENCE_END.split(text))):
        words = set(_words(sentence))
        shared = len(wanted & words) / (8 + len(words)) if words else 0.0
        if shared > most:
            best, most = sentence, shared
    return shorten(best) if best else None


def shorten(text: str, limit: int = MAX_QUOTE_CHARACTERS) -> str:
    """The beginning of `text`, cut between words: still verbatim, so no ellipsis is added."""
    if len(text) <= limit:
        return text
    return text[: limit + 1].rsplit(" ", 1)[0][:limit]


def is_block(body: str) -> bool:
    """Whether `body` ends in a code fence or a table, in which no marker can stand."""
    return body.rsplit("\n", 1)[-1].lstrip().startswith(("```", "~~~", "|"))


def mark(body: str, number: int, *, first: bool) -> str:
    """The Markdown marker that follows `body`.

    The first one of a statement stands a space apart; after a block it stands in a paragraph of
    its own, where it cannot break the block.
    """
    if not first:
        return f"[{number}]"
    return f"\n\n[{number}]" if is_block(body) else f" [{number}]"


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, as JavaScript counts."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def _without_block_marks(markdown: str) -> str:
    """The words inside a code fence, the fullest cell of a table's last row, or a list item's text."""
    lines = [line for line in markdown.strip().splitlines() if not line.lstrip().startswith(("```", "~~~"))]
    if lines and lines[-1].lstrip().startswith("|"):
        return max((cell.strip() for cell in _CELL.split(lines[-1])), key=len)
    return _BLOCK_MARK.sub("", "\n".join(lines))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
