"""How ranked lists become one (pure): a weighted sum of normalised scores.

Not reciprocal rank fusion: with a static embedding it loses to BM25F alone on our development
questions, and ranks tie. Scores keep how much better the first is than the second.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter

from footnote_core.index.engine import Ranked

Place = tuple[str, str]
"""Route and anchor of a chunk or page; a page's anchor is empty."""

WEIGHTS = {"exact": 0.5, "bm25": 1.0, "dense": 0.75, "page": 0.25, "page_dense": 0.75}
"""By list: identifiers of the question as wholes, words and meaning of the chunk, words and meaning of
its whole page. Chosen on development questions; `make bench` measures them."""

CHUNKS, PAGES = ("exact", "bm25", "dense"), ("page", "page_dense")
"""Which lists are of chunks, and which of pages."""

CHUNK_DEPTH = 40
PAGE_DEPTH = 30
"""How long the ranked lists are: longer ones change no result among the first ten."""


class Fusion:
    """The ranked lists of one search.

    lists   ranked list by its name in WEIGHTS; one that was not asked for may be missing
    places  of all points in them

    What is missing from a list of full length scores what the last one of it did (it cannot score
    more); missing from a shorter one it scores 0.
    """

    def __init__(self, lists: Mapping[str, Sequence[Ranked]], places: Mapping[int, Place]) -> None:
        self._places = places
        self._scores = {name: _normalised(name, lists.get(name, ())) for name in WEIGHTS}
        self._pages = {places[point][0]: point for name in PAGES for point in self._scores[name][0]}

    def ranked(self) -> list[Ranked]:
        """All chunks, best first; ties are broken by id, so the order is stable."""
        least = sum(WEIGHTS[name] * floor for name, (_, floor) in self._scores.items())
        chunks, pages, places = self._sums(CHUNKS), self._sums(PAGES), self._places
        of_route = {route: least + pages[point] for route, point in self._pages.items()}
        # Rounded, so that the last bits of a float do not decide between equals.
        ranked = [
            (chunk, round(chunks[chunk] + of_route.get(places[chunk][0], least), 5))
            for chunk in sorted(chunks)
        ]
        ranked.sort(key=itemgetter(1), reverse=True)
        return ranked

    def parts(self, chunk: int) -> dict[str, float]:
        """The normalised scores of a chunk, by list."""
        page = self._pages.get(self._places[chunk][0], -1)
        return {
            name: scores.get(page if name in PAGES else chunk, floor)
            for name, (scores, floor) in self._scores.items()
        }

    def _sums(self, names: Iterable[str]) -> dict[int, float]:
        """What each point in these lists has more than one that is in none, weighted."""
        sums: dict[int, float] = {}
        for name in names:
            weight, (scores, floor) = WEIGHTS[name], self._scores[name]
            for point, score in scores.items():
                sums[point] = sums.get(point, 0.0) + weight * (score - floor)
        return sums


def spread(
    ranked: Iterable[Ranked], places: Mapping[int, Place], *, limit: int, per_page: int
) -> list[Ranked]:
    """The best chunk of each of `limit` sections, those beyond `per_page` of one page after all others."""
    sections: set[Place] = set()
    of_page: Counter[str] = Counter()
    first: list[Ranked] = []
    rest: list[Ranked] = []
    for chunk in ranked:
        if len(first) == limit:
            break
        section = places[chunk[0]]
        if section in sections:
            continue
        sections.add(section)
        of_page[section[0]] += 1
        (first if of_page[section[0]] <= per_page else rest).append(chunk)
    return (first + rest)[:limit]


def _normalised(name: str, ranked: Sequence[Ranked]) -> tuple[dict[int, float], float]:
    """Scores in [0, 1] by id, and what is given to those outside of the list.

    ranked is best first. BM25F has no upper bound and is divided by the best; cosines stay as they are.
    """
    if not ranked or ranked[0][1] <= 0:
        return dict.fromkeys((point for point, _ in ranked), 0.0), 0.0
    scale = 1.0 if name in ("dense", "page_dense") else 1.0 / ranked[0][1]
    scores = {point: score * scale if score > 0 else 0.0 for point, score in ranked}
    full = len(ranked) == (PAGE_DEPTH if name in PAGES else CHUNK_DEPTH)
    return scores, scores[ranked[-1][0]] if full else 0.0
