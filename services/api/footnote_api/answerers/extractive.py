"""Answers without a model: the words of the docs themselves, chosen and cited.

The best section answers, whole if it is short, else cut to the blocks around the one that fits the
question best, with the sentence that leads into a code block or list. What fits best in up to two further
sections follows: those that fit the question nearly as well, else the one that the best stands in.
"""

import re
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile, islice

from footnote_api.answerers import Statement, Turn
from footnote_api.answerers.blocks import Block, blocks, sentences
from footnote_core.index.terms import terms
from footnote_core.models import Passage


@dataclass(frozen=True, slots=True)
class _Budget:
    words: int
    code_lines: int


_LEAD = _Budget(words=110, code_lines=30)
_OTHER = _Budget(words=40, code_lines=12)
"""How much of the best section, and of each further one, a reader gets."""
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
    lead = _window(_pieces(evidence, section, weights, best), weights, _LEAD)
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
    """The question's words, each weighed by how few of the passages hold it."""
    spread = Counter(term for p in evidence for term in set(terms(p.text, p.locale)))
    return {term: 1.0 / (1 + spread[term]) for term in terms(question)}


def _pieces(
    evidence: Sequence[Passage], positions: Collection[int], weights: Mapping[str, float], best: Passage
) -> list[_Piece]:
    return [
        _Piece(
            i,
            block,
            frozenset(terms(block.text, evidence[i].locale)) & weights.keys(),
            evidence[i].id == best.id,
        )
        for i in positions
        for block in blocks(evidence[i].text)
    ]


def _window(pieces: Sequence[_Piece], weights: Mapping[str, float], budget: _Budget) -> list[_Piece]:
    """The run of blocks around the best one that fits the budget and reads on its own."""
    pieces = list(dropwhile(_says_little, pieces))
    if not pieces or _fits(pieces, budget):
        return pieces
    scores = [sum(weights[t] for t in p.found) * (1.5 if p.leads else 1.0) for p in pieces]
    centre = max(range(len(pieces)), key=lambda i: (scores[i], -i))
    first = last = centre
    if _fits(pieces[: centre + 1], budget):
        first = 0
    while first > 0 and _needs_before(pieces, first) and _fits(pieces[first - 1 : last + 1], budget):
        first -= 1
    while last + 1 < len(pieces) and _fits(pieces[first : last + 2], budget):
        related = scores[last + 1] >= _RELATED * scores[centre]
        if not (related or _needs_after(pieces, last)):
            break
        last += 1
    while (
        first > 0
        and scores[first - 1] >= _RELATED * scores[centre]
        and _fits(pieces[first - 1 : last + 1], budget)
    ):
        first -= 1
    while last > first and _announces(pieces[last].block):
        last -= 1
    return pieces[first : last + 1]


def _says_little(piece: _Piece) -> bool:
    """`Deprecated.`, `Type: string` and the like, which reference pages begin with."""
    terse = piece.block.words <= _TERSE or _ATTRIBUTE.fullmatch(piece.block.text)
    return piece.block.kind in ("prose", "item") and bool(terse) and not piece.found


def _fits(pieces: Sequence[_Piece], budget: _Budget) -> bool:
    words = sum(p.block.words for p in pieces)
    return words <= budget.words and sum(p.block.lines for p in pieces) <= budget.code_lines


def _needs_before(pieces: Sequence[_Piece], i: int) -> bool:
    """Code, a table or a list item says little without what stands before it."""
    return pieces[i].block.kind != "prose" or pieces[i - 1].block.kind == "label"


def _needs_after(pieces: Sequence[_Piece], i: int) -> bool:
    """A label or a sentence that ends in a colon announces what follows; lists and code belong to it."""
    here, after = pieces[i].block, pieces[i + 1].block
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
    found = {row: len(piece.found & set(terms(row))) for row in rows[1:]}
    best = [row for row, count in found.items() if count and count == max(found.values())]
    return best[0] if len(best) == 1 else head
