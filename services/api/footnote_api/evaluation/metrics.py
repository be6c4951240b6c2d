"""What one question's outcome is worth, metric by metric (pure).

Every metric is a ratio of two sums over the questions: what was gained by what was possible. That
makes means, precisions and recalls one thing, which is resampled question by question in
`statistics`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from footnote_api.evaluation.rows import Place, Row

DEPTH = 10
"""How far down a result list counts."""

CUTS = (1, 3, 5, 10)

NAMES = (
    *(
        f"{level}{part}"
        for level in ("page", "section")
        for part in ("@1", "@3", "@5", "@10", "_mrr@10", "_ndcg@10")
    ),
    *("refusal_precision", "refusal_recall", "answered", "answers_citing_gold", "valid_citations"),
)
"""Every metric, in the order in which reports show them."""


class Tally(NamedTuple):
    """One question's part of a metric; `possible` 0 leaves the question out of it."""

    gained: float
    possible: float = 1.0


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer was. `valid` counts the citations that are whole (see `is_valid_citation`)."""

    refused: bool
    citations: int
    valid: int
    cites_gold: bool
    ms: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a system made of one question.

    found     places, best first, the row's excluded sources taken out; None when it was not searched
    sections  whether the system finds sections; of one that finds pages only pages are measured
    """

    row: Row
    found: tuple[Place, ...] | None = None
    sections: bool = True
    search_ms: float | None = None
    answered: Answered | None = None
    pages: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pages", tuple(dict.fromkeys(source for source, _ in self.found or ())))

    @property
    def page_rank(self) -> int | None:
        """Rank of the first gold page among the pages found, from 1; None when there is none."""
        gold = self.row.gold_pages
        return next((rank for rank, page in enumerate(self.pages, start=1) if page in gold), None)

    @property
    def section_rank(self) -> int | None:
        """Rank of the first gold section among the sections found; a gold page stands for all of its."""
        found = enumerate(self.found or (), start=1)
        return next((rank for rank, place in found if is_gold(place, self.row.gold)), None)


def outcome(
    row: Row, found: Sequence[Place], *, sections: bool = True, search_ms: float | None = None
) -> Outcome:
    """The outcome of a search: each place once, without the sources that the row excludes."""
    kept = dict.fromkeys(place for place in found if place[0] not in row.excluded)
    return Outcome(row, tuple(kept), sections, search_ms)


def is_gold(found: Place, gold: Sequence[Place]) -> bool:
    """Whether a place is one of the gold places; a gold place without a heading is its whole page."""
    return any(_matches(found, wanted) for wanted in gold)


def tallies(outcome: Outcome) -> dict[str, Tally]:
    """Metric -> this question's part; what was not measured or does not apply is left out."""
    measured: dict[str, Tally] = {}
    if outcome.found is not None and outcome.row.gold:
        measured |= _ranked("page", outcome.page_rank)
        measured["page_ndcg@10"] = Tally(_page_ndcg(outcome))
        if outcome.sections and any(anchor for _, anchor in outcome.row.gold):
            measured |= _ranked("section", outcome.section_rank)
            measured["section_ndcg@10"] = Tally(_section_ndcg(outcome))
    if outcome.answered is not None:
        measured |= _answer(outcome.answered, answerable=bool(outcome.row.gold))
    return measured


def _ranked(level: str, rank: int | None) -> dict[str, Tally]:
    scores = {f"{level}@{cut}": Tally(float(rank is not None and rank <= cut)) for cut in CUTS}
    return scores | {f"{level}_mrr@10": Tally(1 / rank if rank is not None and rank <= DEPTH else 0.0)}


def _answer(answered: Answered, *, answerable: bool) -> dict[str, Tally]:
    scores = {"valid_citations": Tally(answered.valid, answered.citations)}
    if answered.refused:
        scores["refusal_precision"] = Tally(float(not answerable))
    if not answerable:
        scores["refusal_recall"] = Tally(float(answered.refused))
    else:
        scores["answered"] = Tally(float(not answered.refused))
        if not answered.refused:
            scores["answers_citing_gold"] = Tally(float(answered.cites_gold))
    return scores


def _page_ndcg(outcome: Outcome) -> float:
    gold = outcome.row.gold_pages
    return _ndcg([page in gold for page in outcome.pages[:DEPTH]], len(gold))


def _section_ndcg(outcome: Outcome) -> float:
    """Every gold place is worth the same, and is found once."""
    left = list(outcome.row.gold)
    gains = []
    for found in (outcome.found or ())[:DEPTH]:
        wanted = next((gold for gold in left if _matches(found, gold)), None)
        gains.append(wanted is not None)
        if wanted is not None:
            left.remove(wanted)
    return _ndcg(gains, len(outcome.row.gold))


def _ndcg(gains: Sequence[bool], relevant: int) -> float:
    ideal = sum(1 / math.log2(n + 2) for n in range(min(relevant, DEPTH)))
    return sum(1 / math.log2(n + 2) for n, gain in enumerate(gains) if gain) / ideal


def _matches(found: Place, gold: Place) -> bool:
    return found[0] == gold[0] and gold[1] in ("", found[1])
