"""How ranked lists become one (pure): a weighted sum of normalised scores.

Not reciprocal rank fusion: with a static embedding it loses to BM25F alone on our development
questions, and ranks tie. Scores keep how much better the first is than the second.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from operator import itemgetter

from footnote_core.index.engine import Ranked

Place = tuple[str, str]
"""Route and anchor of a chunk or page; a page's anchor is empty."""

WEIGHTS = {"exact": 0.5, "bm25": 1.0, "dense": 0.75, "page": 0.25, "page_dense": 0.75}
"""By list: identifiers of the question as wholes, words and meaning of the chunk, words and meaning of
its whole page. Chosen on development questions; `make bench` measures them."""

PAGES, COSINES = ("page", "page_dense"), ("dense", "page_dense")
"""Which lists are of pages and not of chunks, and which have cosines and not BM25F."""

CHUNK_DEPTH = 40
PAGE_DEPTH = 30
"""How long the ranked lists are: longer ones change no result among the first ten."""


class Fusion:
    """The ranked lists of one search.

    lists   ranked list, best first, by its name in WEIGHTS; one that was not asked for may be missing
    places  of all points in them

    BM25F has no upper bound and is divided by the best score of its list; cosines stay as they are, and
    below 0 they count nothing. What is missing from a list of full length scores what the last one of it
    did (it cannot score more); missing from a shorter one it scores 0.
    """

    def __init__(self, lists: Mapping[str, Sequence[Ranked]], places: Mapping[int, Place]) -> None:
        self._lists = lists
        self._places = places
        self._scales = {name: _scale(name, ranked) for name, ranked in lists.items()}

    def ranked(self) -> list[Ranked]:
        """All chunks, best first; ties are broken by id, so the order is stable."""
        least = 0.0
        chunks: dict[int, float] = {}
        pages: dict[int, float] = {}
        for name, ranked in self._lists.items():
            factor, floor = (WEIGHTS[name] * number for number in self._scales[name])
            least += floor
            gains = pages if name in PAGES else chunks  # over a point that is in none of the lists
            for point, score in ranked:
                gains[point] = gains.get(point, 0.0) + (factor * score if score > 0 else 0.0) - floor
        places = self._places
        of_route = {places[page][0]: least + gain for page, gain in pages.items()}
        # Rounded, so that the last bits of a float do not decide between equals.
        fused = [
            (chunk, round(chunks[chunk] + of_route.get(places[chunk][0], least), 5))
            for chunk in sorted(chunks)
        ]
        fused.sort(key=itemgetter(1), reverse=True)
        return fused

    @cached_property
    def _scores(self) -> Mapping[str, dict[int | None, float]]:
        return {name: dict(ranked) for name, ranked in self._lists.items()}

    @cached_property
    def _pages(self) -> Mapping[str, int]:
        return {self._places[page][0]: page for name in PAGES for page, _ in self._lists.get(name, ())}

    def parts(self, chunk: int) -> dict[str, float]:
        """The normalised scores of a chunk, each in [0, 1], by list."""
        page = self._pages.get(self._places[chunk][0])
        parts = dict.fromkeys(WEIGHTS, 0.0)
        for name, scores in self._scores.items():
            factor, floor = self._scales[name]
            score = scores.get(page if name in PAGES else chunk)
            parts[name] = floor if score is None else max(score, 0.0) * factor
        return parts


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


def _scale(name: str, ranked: Sequence[Ranked]) -> tuple[float, float]:
    """What the scores of a list are multiplied with, and what is given to those outside of it."""
    if not ranked or ranked[0][1] <= 0:
        return 0.0, 0.0
    factor = 1.0 if name in COSINES else 1.0 / ranked[0][1]
    full = len(ranked) == (PAGE_DEPTH if name in PAGES else CHUNK_DEPTH)
    return factor, max(ranked[-1][1], 0.0) * factor if full else 0.0
