"""Reads `[1]` markers out of text that comes in pieces (pure)."""

import re
from collections.abc import Iterator

from footnote_api.answerers import Statement

_TOKEN = re.compile(
    r"(?P<fence>^[ \t]*```.*?^[ \t]*```[ \t]*$)"
    r"|(?P<open>^[ \t]*```)"
    r"|(?P<code>`[^`\n]+`)"
    r"|(?P<tick>`)"
    r"|(?P<marks>(?:\s*\[\d{1,3}(?:\s*,\s*\d{1,3})*\](?!\())+[.!?,;:]*)"
    r"|(?P<gap>[ \t]*\n[ \t]*\n\s*)",
    re.MULTILINE | re.DOTALL,
)
_BEGINNING = re.compile(r"[\[`]|\n[ \t]*\n")
"""In all that _TOKEN finds. Text without it is plain, and most of the pieces a model writes are."""
_NUMBER = re.compile(r"\d+")
_UNDECIDED = re.compile(r"\s*(?:\[[\d\s,]*)?$")
_PUNCTUATION = re.compile(r"[.!?,;:]*$")
_CLAIMS_NOTHING = re.compile(r"(^#{1,6}\s.*|.*:)$", re.DOTALL)


class Statements:
    """Cuts an answer into statements: text up to and including its markers, which are taken out.

    A paragraph without a marker is left out, unless it only leads to the next one (a heading, or
    text that ends with a colon). `passages` is how many passages may be referred to.
    """

    def __init__(self, passages: int) -> None:
        self._passages = passages
        self._unread = "\n"
        """What was not understood yet, after the last character that was: `^` needs to see it."""
        self._lead = ""
        self._text = ""

    def feed(self, text: str) -> Iterator[Statement]:
        """The statements that `text` completes."""
        self._unread += text
        return self._read(final=False) if _BEGINNING.search(self._unread, 1) else iter(())

    def close(self) -> Iterator[Statement]:
        """The statements that the end of the answer completes."""
        return self._read(final=True)

    def _read(self, *, final: bool) -> Iterator[Statement]:
        done = 1
        decided = len(self._unread) + 1
        if not final and (tail := _UNDECIDED.search(self._unread, 1)):
            decided = tail.start()  # what touches the end may go on in the next piece
        for token in _TOKEN.finditer(self._unread, 1):
            if token.end() >= decided or (not final and self._is_open(token)):
                break
            self._text += self._unread[done : token.start()]
            done = token.end()
            if token.lastgroup == "marks":
                yield from self._support(token.group())
            elif token.lastgroup == "gap":
                self._paragraph(token.group())
            else:
                self._text += token.group()
        self._unread = self._unread[done - 1 :]

    def _is_open(self, token: re.Match[str]) -> bool:
        """Whether the token begins code whose end has not come yet."""
        return token.lastgroup == "open" or (
            token.lastgroup == "tick" and "\n" not in self._unread[token.end() :]
        )

    def _support(self, marks: str) -> Iterator[Statement]:
        positions = dict.fromkeys(int(number) - 1 for number in _NUMBER.findall(marks))
        support = tuple(position for position in positions if 0 <= position < self._passages)
        ending = _PUNCTUATION.search(marks)
        text = self._text.rstrip() + (ending.group() if ending else "")
        self._text = ""
        if support and text.strip():
            yield Statement(self._lead + text, support)
            self._lead = ""

    def _paragraph(self, gap: str) -> None:
        if _CLAIMS_NOTHING.fullmatch(self._text.strip()):
            self._lead += self._text + gap
        else:
            self._lead = "\n\n"
        self._text = ""
