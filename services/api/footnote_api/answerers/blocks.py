"""Markdown text to the blocks an answer can quote one by one (pure)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["prose", "label", "item", "code", "table"]

_FENCE = re.compile(r"(`{3,}|~{3,})")
_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])\s+(?=\S)")
_LABEL = re.compile(r"\*\*[^*\n]+\*\*:?")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]*_]*\s+(?=[\"'(\[*_`]*[A-Z0-9`])")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|resp|no|fig|incl)|\b[A-Z])\.$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """kind  prose: a paragraph · label: a bold line that titles what follows · item: one list item
    with what is nested in it · code: a fence with its code · table: all its rows
    """

    kind: Kind
    text: str

    @property
    def words(self) -> int:
        """Length for a reader; code is counted by `lines` instead."""
        return 0 if self.kind == "code" else len(self.text.split())

    @property
    def lines(self) -> int:
        """Lines of code, without the fence."""
        return max(0, self.text.count("\n") - 1) if self.kind == "code" else 0


def blocks(markdown: str) -> list[Block]:
    """The blocks of a passage, in order."""
    return [Block(_kind(text), text) for text in _cut(markdown.splitlines())]


def sentences(paragraph: str) -> list[str]:
    """The sentences of a paragraph, each verbatim."""
    found: list[str] = []
    start = 0
    for end in _SENTENCE_END.finditer(paragraph):
        candidate = paragraph[start : end.end()].strip()
        if _ABBREVIATION.search(candidate) or candidate.count("`") % 2:
            continue
        found.append(candidate)
        start = end.end()
    return [*found, rest] if (rest := paragraph[start:].strip()) else found


def _cut(lines: list[str]) -> Iterator[str]:
    """Runs of lines that belong together."""
    run: list[str] = []
    fence = ""
    for line in lines:
        stripped = line.strip()
        opens = _FENCE.match(stripped)
        if fence:
            run.append(line)
            if stripped.startswith(fence) and not stripped.strip(fence[0]):
                fence = ""
                if not _ITEM.match(run[0]):
                    yield "\n".join(run)
                    run = []
            continue
        in_item = bool(run) and bool(_ITEM.match(run[0]))
        nested = line.startswith((" ", "\t"))
        if not stripped and in_item:
            run.append(line)
            continue
        if run and (not stripped or _starts_anew(line, run, in_item=in_item, nested=nested)):
            yield "\n".join(run).rstrip()
            run = []
        if stripped:
            run.append(line)
        if opens:
            fence = opens.group(1)
    if run:
        yield "\n".join(run).rstrip()


def _starts_anew(line: str, run: list[str], *, in_item: bool, nested: bool) -> bool:
    """Whether `line` cannot belong to the run before it."""
    if in_item:
        return not nested and (bool(_ITEM.match(line)) or not run[-1].strip() or bool(_FENCE.match(line)))
    table = run[0].lstrip().startswith("|")
    return (
        table != line.lstrip().startswith("|") or bool(_ITEM.match(line)) or bool(_FENCE.match(line.strip()))
    )


def _kind(text: str) -> Kind:
    start = text.lstrip()
    if _FENCE.match(start):
        return "code"
    if start.startswith("|"):
        return "table"
    if _ITEM.match(text):
        return "item"
    return "label" if _LABEL.fullmatch(start) else "prose"
