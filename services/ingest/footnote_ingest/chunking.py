"""Sections to chunks within a token budget.

A chunk never crosses a heading. It ends between blocks where it can, else between list items, table
rows, lines of code, sentences, words. Nothing overlaps and nothing is lost. A code block or table row
that is larger than the budget is kept whole up to twice the budget.
"""

import re
import textwrap
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from footnote_core.embedders.local import load_tokenizer
from footnote_core.models import Chunk, Page, Section

_WHOLE = 2
"""A code block may exceed the budget by this factor before it is split: half a block explains little."""


class TokenCounter(Protocol):
    def starts(self, texts: Sequence[str]) -> list[list[int]]:
        """For each text the character offsets at which its tokens start, ascending."""


class LocalTokenCounter:
    """The tokenizer of the local embedder (Llama 2's), read from its installed package."""

    def __init__(self) -> None:
        self._tokenizer = load_tokenizer()

    def starts(self, texts: Sequence[str]) -> list[list[int]]:
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [[start for start, _ in one.offsets] for one in encoded]


@dataclass(frozen=True, slots=True)
class _Span:
    """A piece of a section's text that is not split further.

    before, after  lines repeated around it: a code fence, the header of a table
    """

    start: int
    end: int
    kind: str
    before: str = ""
    after: str = ""


def chunk_page(page: Page, counter: TokenCounter, budget: int) -> list[Chunk]:
    """The chunks of a page in reading order; sections without text give none."""
    sections = [section for section in page.sections if section.text.strip()]
    chunks: list[Chunk] = []
    for section, starts in zip(sections, counter.starts([s.text for s in sections]), strict=True):
        for text, tokens in _Splitter(section.text, starts, budget).pieces():
            chunks.append(_chunk(page, section, text, tokens, len(chunks)))
    return chunks


def _chunk(page: Page, section: Section, text: str, tokens: int, ordinal: int) -> Chunk:
    return Chunk(
        route=page.route,
        title=page.title,
        source=page.source,
        anchor=section.anchor,
        heading=section.heading,
        path=section.path,
        text=text,
        ordinal=ordinal,
        tokens=tokens,
        line=section.line,
        version=page.version,
        locale=page.locale,
        description=page.description,
        rows=tuple(row for row in section.rows if f"| {row[0]} |" in text),
        linked=section.linked,
    )


_FENCE = re.compile(r"[ \t]*(?:> ?)*[ \t]*(`{3,}|~{3,})")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]*_`]*\s+(?=\S)|(?<=[。！？])")
_WORD = re.compile(r"\S+\s*")


class _Splitter:
    """Splits one section; token counts come from the offsets of its tokens, so no text is counted twice."""

    def __init__(self, text: str, starts: list[int], budget: int) -> None:
        self._text = text
        self._starts = starts
        self._budget = budget

    def pieces(self) -> Iterator[tuple[str, int]]:
        """Text and token count of each chunk."""
        if len(self._starts) <= self._budget:
            yield self._text, len(self._starts)
            return
        for group in self._pack(span for block in self._blocks() for span in self._split(block)):
            first, last = group[0], group[-1]
            text = first.before + self._text[first.start : last.end].strip("\n") + last.after
            yield textwrap.dedent(text).rstrip(), self._size(first.start, last.end) + self._extra(first)

    def _size(self, start: int, end: int) -> int:
        return bisect_left(self._starts, end) - bisect_left(self._starts, start)

    def _extra(self, span: _Span) -> int:
        """Tokens of the repeated lines; at most one a byte, in practice one for three."""
        repeated = span.before + span.after
        if not repeated:
            return 0
        at = self._text.find(span.before.rstrip("\n")) if span.before else -1
        before = self._size(at, at + len(span.before)) if at >= 0 else 0
        return before + len(span.after.encode())

    def _pack(self, spans: Iterable[_Span]) -> Iterator[list[_Span]]:
        """Group neighbours as long as they fit; a line that ends in a colon goes with what it announces."""
        group: list[_Span] = []
        for span in spans:
            alone = bool(span.before or span.after)
            joins = bool(group) and not alone and not group[-1].after and not group[0].before
            if joins and self._size(group[0].start, span.end) <= self._budget:
                group.append(span)
                continue
            if group and not alone and span.kind != "prose" and self._announces(group[-1], span):
                lead = group.pop()
                if group:
                    yield group
                group = [lead, span]
                continue
            if group:
                yield group
            group = [span]
        if group:
            yield group

    def _announces(self, lead: _Span, span: _Span) -> bool:
        said = self._text[lead.start : lead.end].rstrip()
        fits = self._size(lead.start, span.end) <= _WHOLE * self._budget
        return lead.kind == "prose" and said.endswith(":") and fits and not lead.before

    def _lines(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        while start < end:
            stop = self._text.find("\n", start, end)
            stop = end if stop < 0 else stop + 1
            yield start, stop
            start = stop

    def _blocks(self) -> Iterator[_Span]:
        """Code blocks, tables and runs of other lines between blank ones."""
        fence = ""
        start = 0
        kind = ""
        for line_start, line_end in self._lines(0, len(self._text)):
            line = self._text[line_start:line_end]
            mark = _FENCE.match(line)
            if fence:
                if mark and mark[1].startswith(fence) and not line[mark.end() :].strip():
                    yield _Span(start, line_end, "code")
                    fence, kind = "", ""
                continue
            if mark or not line.strip():
                if kind:
                    yield _Span(start, line_start, kind)
                kind = ""
                if mark:
                    fence, start = mark[1], line_start
            elif not kind:
                start = line_start
                kind = "table" if line.lstrip().startswith("|") else "prose"
        if fence or kind:
            yield _Span(start, len(self._text), "code" if fence else kind)

    def _split(self, block: _Span) -> Iterator[_Span]:
        size = self._size(block.start, block.end)
        if size <= self._budget or (block.kind == "code" and size <= _WHOLE * self._budget):
            yield block
        elif block.kind == "code":
            yield from self._split_code(block)
        elif block.kind == "table":
            yield from self._split_table(block)
        else:
            for start, end in self._lines(block.start, block.end):
                yield from self._split_prose(start, end)

    def _split_code(self, block: _Span) -> Iterator[_Span]:
        lines = list(self._lines(block.start, block.end))
        opening = self._text[slice(*lines[0])]
        closing = _FENCE.match(opening)
        fence = closing[0] if closing else "```"
        has_end = self._text[slice(*lines[-1])].strip() == fence.strip()
        body = lines[1:-1] if has_end else lines[1:]
        room = max(self._budget - self._size(*lines[0]) - len(fence) - 1, self._budget // 2)
        for start, end in self._runs(body, room):
            yield _Span(start, end, "code", opening, f"\n{fence}")

    def _split_table(self, block: _Span) -> Iterator[_Span]:
        lines = list(self._lines(block.start, block.end))
        header_size = self._size(lines[0][0], lines[min(1, len(lines) - 1)][1])
        if len(lines) < 3 or header_size > self._budget // 2:
            for start, end in lines:
                yield from self._split_prose(start, end)
            return
        header = self._text[lines[0][0] : lines[1][1]]
        for start, end in self._runs(
            lines[2:], self._budget - header_size, whole=_WHOLE * self._budget - header_size
        ):
            yield _Span(start, end, "table", header)

    def _runs(self, lines: Sequence[tuple[int, int]], room: int, whole: int = 0) -> Iterator[tuple[int, int]]:
        """Neighbouring lines that fit into `room` together; a line above `whole` is cut between tokens."""
        start = end = -1
        for line_start, line_end in lines:
            if start >= 0 and self._size(start, line_end) > room:
                yield start, end
                start = -1
            if self._size(line_start, line_end) > max(room, whole):
                yield from self._cut(line_start, line_end, room)
                continue
            start, end = (line_start if start < 0 else start), line_end
        if start >= 0:
            yield start, end

    def _split_prose(self, start: int, end: int) -> Iterator[_Span]:
        """Sentences of a line, or its words, or its tokens: the largest that fit."""
        if self._size(start, end) <= self._budget:
            yield _Span(start, end, "prose")
            return
        ends = [m.end() for m in _SENTENCE_END.finditer(self._text, start, end)]
        for sentence_start, sentence_end in _between(start, ends, end):
            if self._size(sentence_start, sentence_end) <= self._budget:
                yield _Span(sentence_start, sentence_end, "prose")
                continue
            words = [m.end() for m in _WORD.finditer(self._text, sentence_start, sentence_end)]
            for word in _between(sentence_start, words, sentence_end):
                yield from (_Span(a, b, "prose") for a, b in self._cut(*word, self._budget))

    def _cut(self, start: int, end: int, room: int) -> Iterator[tuple[int, int]]:
        """Cut at token starts; a character of several tokens stays whole."""
        while self._size(start, end) > room:
            stop = self._starts[bisect_left(self._starts, start) + room]
            if stop <= start:
                stop = start + 1
            yield start, stop
            start = stop
        yield start, end


def _between(start: int, ends: Sequence[int], end: int) -> Iterator[tuple[int, int]]:
    for stop in [*ends, end]:
        if stop > start:
            yield start, stop
            start = stop
