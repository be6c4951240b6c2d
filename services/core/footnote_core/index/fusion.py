"""How ranked lists become one (pure): a weighted sum of normalised scores.

Not reciprocal rank fusion: with a static embedding it loses to BM25F alone on our development
questions, and ranks tie. Scores keep how much better the first is than the second.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import mul

from footnote_core.index.engine import Found

Place = tuple[str, str]
"""Route and anchor of a chunk or page; a page's anchor is empty."""

WEIGHTS = {"exact": 0.5, "bm25": 1.0, "dense": 0.75, "page": 0.25, "page_dense": 0.75}
"""By list: identifiers of the question as wholes, words and meaning of the chunk, words and meaning of
its whole page. Chosen on development questions; `make bench` measures them."""

CHUNK_DEPTH = 40
PAGE_DEPTH = 30
"""How long the ranked lists are: longer ones change no result among the first ten."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk with its fused score; `scores` are the normalised ones that went in, in the order of WEIGHTS."""

    id: int
    route: str
    anchor: str
    score: float
    scores: tuple[float, ...]

    @property
    def parts(self) -> dict[str, float]:
        """The normalised scores by list."""
        return dict(zip(WEIGHTS, self.scores, strict=True))


def fuse(lists: Mapping[str, Sequence[Found]], places: Mapping[int, Place]) -> list[Candidate]:
    """Candidates of both chunk lists, best first; ties are broken by id, so the order is stable.

    lists   ranked list by its name in WEIGHTS; one that was not asked for may be missing
    places  of all points in them

    What is missing from a list of full length scores what the last one of it did (it cannot score
    more); missing from a shorter one it scores 0.
    """
    exact, exact_floor = _scores(lists.get("exact", ()), CHUNK_DEPTH, lexical=True)
    bm25, bm25_floor = _scores(lists.get("bm25", ()), CHUNK_DEPTH, lexical=True)
    dense, dense_floor = _scores(lists.get("dense", ()), CHUNK_DEPTH, lexical=False)
    page, page_floor = _scores(lists.get("page", ()), PAGE_DEPTH, lexical=True)
    centre, centre_floor = _scores(lists.get("page_dense", ()), PAGE_DEPTH, lexical=False)
    of_route = {places[found][0]: found for found in page | centre}
    weights = tuple(WEIGHTS.values())
    candidates = []
    for chunk in exact | bm25 | dense:
        route, anchor = places[chunk]
        page_point = of_route.get(route, -1)
        scores = (
            exact.get(chunk, exact_floor),
            bm25.get(chunk, bm25_floor),
            dense.get(chunk, dense_floor),
            page.get(page_point, page_floor),
            centre.get(page_point, centre_floor),
        )
        candidates.append(Candidate(chunk, route, anchor, sum(map(mul, weights, scores)), scores))
    # Rounded, so that the last bits of a float do not decide between equals.
    return sorted(candidates, key=lambda c: (-round(c.score, 5), c.id))


def spread(candidates: Sequence[Candidate], per_page: int) -> list[Candidate]:
    """The best candidate of each section, those beyond `per_page` of one page after all others."""
    sections: set[tuple[str, str]] = set()
    of_page: Counter[str] = Counter()
    first: list[Candidate] = []
    rest: list[Candidate] = []
    for candidate in candidates:
        if (candidate.route, candidate.anchor) in sections:
            continue
        sections.add((candidate.route, candidate.anchor))
        of_page[candidate.route] += 1
        (first if of_page[candidate.route] <= per_page else rest).append(candidate)
    return first + rest


def _scores(found: Sequence[Found], depth: int, *, lexical: bool) -> tuple[dict[int, float], float]:
    """Scores in [0, 1] by id, and what is given to those outside of the list.

    found is best first. BM25F has no upper bound and is divided by the best; cosines stay as they are.
    """
    if not found or found[0].score <= 0:
        return dict.fromkeys((f.id for f in found), 0.0), 0.0
    scale = 1.0 / found[0].score if lexical else 1.0
    scores = {f.id: max(f.score, 0.0) * scale for f in found}
    return scores, max(found[-1].score, 0.0) * scale if len(found) == depth else 0.0
