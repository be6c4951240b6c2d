"""Answers without a model: the words of the docs themselves, chosen and cited.

The best section answers, whole if it is short, else cut to the blocks around the one that fits the
question best, with the sentence that leads into a code block or list. What fits best in up to two further
sections follows: those that fit the question nearly as well, else the one that the best stands in.
Numbered steps are quoted from the first on, and only those of the best section ever without the last.
"""

import re
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile, islice

from footnote_api.answerers import Statement, Turn
from footnote_api.answerers.blocks import Block, blocks, sentences
from footnote_api.said import SOFT
from footnote_core.index.terms import terms
from footnote_core.models import Passage


@dataclass(frozen=True, slots=True)
class _Budget:
    words: int
    code_lines: int
    cuts_steps: bool
    """Whether the first of numbered steps may be quoted without the last, where all would be too many."""


_LEAD = _Budget(words=110, code_lines=30, cuts_steps=True)
_OTHER = _Budget(words=40, code_lines=12, cuts_steps=False)
"""How much of the best section, and of each further one, a reader gets."""
_STEPS = 0.5
"""Of numbered steps only so much counts: half of a procedure helps nobody."""
_STEP = re.compile(r"(\d{1,9})[.)]\s")
_SECTIONS = 3
_CLOSE = 0.6
"""Least score of a further section that is quoted, as a share of the best one's. On five sites' questions the
best section alone is a right one in 65 % of the answers, one of these three in 83 %."""
_OTHER_PAGE = 0.1
"""Of the best score, by which a section of another page may be worse and still take the last place."""
_RELATED = 0.5
"""Least score of a neighbouring block, as a share of the best block's."""
_TERSE = 4
"""A first block of so few words, none of them the question's, is left out."""
_ATTRIBUTE = re.compile(r"(?:[-*] )?(?:Type|Default|Required|Since|Deprecated)\b:?[^.\n]*")
_REMARK = 1
"""A first sentence of so few words, "Deprecated." for example, says nothing by itself."""
_POINTER = re.compile(
    r"(?:Please )?(?:[Ss]ee|[Rr]ead|[Rr]efer to|[Cc]heck|[Ll]earn more|[Ff]or more)\b[^`]{0,90}[.:!]?"
)
"""A sentence that only sends the reader elsewhere; without its link it says nothing."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A block of one passage of the evidence."""

    position: int
    block: Block
    found: frozenset[str]
    leads: bool
    """Whether it stands in the passage that the search found best."""
    locale: str


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is quoted together or not at all: one block, or numbered steps and what stands between them."""

    pieces: tuple[_Piece, ...]

    @property
    def start(self) -> Block:
        return self.pieces[0].block

    @property
    def end(self) -> Block:
        return self.pieces[-1].block

    @property
    def is_steps(self) -> bool:
        return len(self.pieces) > 1

    @property
    def words(self) -> float:
        return sum(piece.block.words for piece in self.pieces) * (_STEPS if self.is_steps else 1)

    @property
    def lines(self) -> float:
        return sum(piece.block.lines for piece in self.pieces) * (_STEPS if self.is_steps else 1)

    @property
    def found(self) -> frozenset[str]:
        return frozenset[str]().union(*(piece.found for piece in self.pieces))

    @property
    def leads(self) -> bool:
        return any(piece.leads for piece in self.pieces)


class ExtractiveAnswerer:
    """Quotes; needs no key and no network, and cannot say what the docs do not."""

    name = "extractive"

    async def stream(
        self, question: str, evidence: Sequence[Passage], history: Sequence[Turn]
    ) -> AsyncIterator[Statement]:
        """The chosen blocks in reading order, one statement a sentence, list item or code block."""
        for run in _choose(question, evidence):
            for piece, after in zip(run, [*run[1:], None], strict=True):
                for statement in _statements(piece, in_list=after is not None and after.block.kind == "item"):
                    yield statement


def _choose(question: str, evidence: Sequence[Passage]) -> list[list[_Piece]]:
    """Runs of blocks: the best section's first, then what completes it."""
    if not evidence:
        return []
    weights = _weights(question, evidence)
    best = max(evidence, key=lambda p: p.score)
    section = [i for i, p in enumerate(evidence) if p.link == evidence[0].link]
    named = terms(evidence[0].heading or evidence[0].title, evidence[0].locale)
    pieces = _pieces(evidence, section, weights, best)
    lead = _beginning(pieces, _LEAD) if weights.keys() <= set(named) else _window(pieces, weights, _LEAD)
    runs = [lead]
    others = {p.id: i for i, p in enumerate(evidence) if i not in section}
    for passage in _further(evidence[0], best.score, [evidence[i] for i in others.values()]):
        pieces = _pieces(evidence, [others[passage.id]], weights, best)
        run = _window(pieces, weights, _OTHER)
        if not run or _announces(run[-1].block):  # what is announced is cut off
            run = _window([p for p in pieces if not _announces(p.block)], weights, _OTHER)
        if any(piece.found for piece in run):
            runs.append(run)
    return runs


def _further(lead: Passage, best: float, others: Sequence[Passage]) -> list[Passage]:
    """The sections that are quoted beside that of `lead`; `others` come best first.

    Where fewer fit nearly as well, the one that the best stands in completes them.
    """
    chosen: list[Passage] = []
    pages = {lead.route}
    left = [p for p in others if p.score >= _CLOSE * best]
    while left and len(chosen) < _SECTIONS - 1:
        last = len(chosen) == _SECTIONS - 2
        chosen.append(max(left, key=lambda p: p.score + _OTHER_PAGE * best * (last and p.route not in pages)))
        pages.add(chosen[-1].route)
        left.remove(chosen[-1])
    if len(chosen) < _SECTIONS - 1 and lead.path:
        above = (p for p in others if (p.route, p.heading) == (lead.route, lead.path[-1]) and p not in chosen)
        chosen += islice(above, 1)
    return chosen


def _weights(question: str, evidence: Sequence[Passage]) -> Mapping[str, float]:
    """The question's telling words, each weighed by how few of the passages hold it."""
    spread = Counter(term for p in evidence for term in set(terms(p.text, p.locale)))
    asked = set(terms(question, evidence[0].locale))
    return {term: 1.0 / (1 + spread[term]) for term in asked - SOFT or asked}


def _pieces(
    evidence: Sequence[Passage], positions: Collection[int], weights: Mapping[str, float], best: Passage
) -> list[_Piece]:
    return [
        _Piece(
            i,
            block,
            frozenset(terms(block.text, evidence[i].locale)) & weights.keys(),
            evidence[i].id == best.id,
            evidence[i].locale,
        )
        for i in positions
        for block in blocks(evidence[i].text)
    ]


def _beginning(pieces: Sequence[_Piece], budget: _Budget) -> list[_Piece]:
    """What fits the budget of a section that is about nothing but the question, as its heading says."""
    units = list(dropwhile(_says_little, _units(pieces, budget)))
    last = 0
    while last + 1 < len(units) and _fits(units[: last + 2], budget):
        last += 1
    while last > 0 and _announces(units[last].end):
        last -= 1
    return _pieces_of(units[: last + 1])


def _window(pieces: Sequence[_Piece], weights: Mapping[str, float], budget: _Budget) -> list[_Piece]:
    """The run of blocks around the best one that fits the budget and reads on its own."""
    units = list(dropwhile(_says_little, _units(pieces, budget)))
    if not units or _fits(units, budget):
        return _pieces_of(units)
    scores = [sum(weights[t] for t in u.found) * (1.5 if u.leads else 1.0) for u in units]
    centre = max(range(len(units)), key=lambda i: (scores[i], -i))
    first = last = centre
    other_rows = any(u.end.kind == "table" and not u.found for u in units[:centre])
    if _fits(units[: centre + 1], budget) and not other_rows:
        first = 0
    while first > 0 and _needs_before(units, first) and _fits(units[first - 1 : last + 1], budget):
        first -= 1
    while last + 1 < len(units) and _fits(units[first : last + 2], budget):
        related = scores[last + 1] >= _RELATED * scores[centre]
        if not (related or _needs_after(units, last)):
            break
        last += 1
    while (
        first > 0
        and scores[first - 1] >= _RELATED * scores[centre]
        and _fits(units[first - 1 : last + 1], budget)
    ):
        first -= 1
    while last > first and _announces(units[last].end):
        last -= 1
    return _pieces_of(units[first : last + 1])


def _units(pieces: Sequence[_Piece], budget: _Budget) -> Iterator[_Unit]:
    """Numbered steps together, all else block by block.

    Steps that are too long are begun where they may be cut, else left out.
    """
    start = 0
    while start < len(pieces):
        end = _steps_end(pieces, start)
        unit = _Unit(tuple(pieces[start:end]))
        start = end
        if unit.is_steps and not _fits([unit], budget):
            if not budget.cuts_steps:
                continue
            while unit.is_steps and not _fits([unit], budget):
                unit = _Unit(unit.pieces[:-1])
        yield unit


def _steps_end(pieces: Sequence[_Piece], start: int) -> int:
    """Where the numbered steps end that begin at `start`, with what stands between them; after it if none do."""
    end = start + 1
    if (number := _number(pieces[start])) is not None:
        for place in range(end, len(pieces)):
            if (found := _number(pieces[place])) is None:
                continue
            # Markdown counts itself, so authors may write 1 before every step.
            if found != number + 1 and not (found == number and place == end):
                break
            end, number = place + 1, found
    return end


def _number(piece: _Piece) -> int | None:
    found = _STEP.match(piece.block.text) if piece.block.kind == "item" else None
    return int(found[1]) if found else None


def _pieces_of(units: Sequence[_Unit]) -> list[_Piece]:
    return [piece for unit in units for piece in unit.pieces]


def _says_little(unit: _Unit) -> bool:
    """`Deprecated.`, `Type: string` and the like, which reference pages begin with."""
    block = unit.start
    terse = block.words <= _TERSE or _ATTRIBUTE.fullmatch(block.text)
    return not unit.is_steps and block.kind in ("prose", "item") and bool(terse) and not unit.found


def _fits(units: Sequence[_Unit], budget: _Budget) -> bool:
    return sum(u.words for u in units) <= budget.words and sum(u.lines for u in units) <= budget.code_lines


def _needs_before(units: Sequence[_Unit], i: int) -> bool:
    """Code, a list or a table says little without what stands before it, if that is not another part of the table."""
    here, before = units[i].start.kind, units[i - 1].end.kind
    return before == "label" or (here != "prose" and not here == before == "table")


def _needs_after(units: Sequence[_Unit], i: int) -> bool:
    """A label or a sentence that ends in a colon announces what follows; lists and code belong to it."""
    here, after = units[i].end, units[i + 1].start
    return _announces(here) or after.kind == "code" or (here.kind == after.kind == "item")


def _announces(block: Block) -> bool:
    return block.kind == "label" or (block.kind == "prose" and block.text.rstrip("*_ ").endswith(":"))


def _statements(piece: _Piece, *, in_list: bool) -> list[Statement]:
    """The statements of a block. `in_list`: a list item follows it."""
    block, support = piece.block, (piece.position,)
    if block.kind == "prose":
        found = [s for s in sentences(block.text) if not _POINTER.fullmatch(s)]
        if len(found) > 1 and len(found[0].split()) <= _REMARK:
            del found[0]
        ends = [" "] * (len(found) - 1) + ["\n\n"] * bool(found)
        return [Statement(s + end, support, s) for s, end in zip(found, ends, strict=True)]
    if block.kind == "label":
        return [Statement(block.text + "\n\n", ())]
    end = "\n" if block.kind == "item" and in_list else "\n\n"
    quote = _telling_row(piece) if block.kind == "table" else block.text
    return [Statement(block.text + end, support, quote)]


def _telling_row(piece: _Piece) -> str:
    """The one row of a table that holds most words of the question, else its head: a link may lead to a row."""
    head, *rows = piece.block.text.splitlines()
    found = {row: len(piece.found & set(terms(row, piece.locale))) for row in rows[1:]}
    best = [row for row, count in found.items() if count and count == max(found.values())]
    return best[0] if len(best) == 1 else head
