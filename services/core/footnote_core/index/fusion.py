"""How ranked lists become one (pure): a weighted sum of normalised scores.

Not reciprocal rank fusion: with a static embedding it loses to BM25F alone on our development
questions, and ranks tie. Scores keep how much better the first is than the second.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
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


def fuse(lists: Mapping[str, Sequence[Ranked]], places: Mapping[int, Place]) -> list[Ranked]:
    """All chunks of the lists, best first; ties are broken by id, so the order is stable.

    lists   ranked list, best first, by its name in WEIGHTS; one that was not asked for may be missing
    places  of all points in them

    BM25F has no upper bound and is divided by the best score of its list; cosines stay as they are, and
    below 0 they count nothing. What is missing from a list of full length scores what the last one of it
    did (it cannot score more); missing from a shorter one it scores 0.
    """
    least = 0.0
    chunks: dict[int, float] = {}
    pages: dict[int, float] = {}
    for name, ranked in lists.items():
        if not ranked:
            continue
        best = 1.0 if name in COSINES else ranked[0][1]
        factor = WEIGHTS[name] / best if best > 0 else 0.0
        floor = factor * _floor(ranked, PAGE_DEPTH if name in PAGES else CHUNK_DEPTH)
        least += floor
        gains = pages if name in PAGES else chunks  # over a point that is in none of the lists
        known = gains.get
        for point, score in ranked:
            gains[point] = known(point, 0.0) + (factor * score if score > 0 else 0.0) - floor
    of_route = {places[page][0]: least + gain for page, gain in pages.items()}
    # Rounded, so that the last bits of a float do not decide between equals.
    fused = [
        (chunk, round(chunks[chunk] + of_route.get(places[chunk][0], least), 5)) for chunk in sorted(chunks)
    ]
    fused.sort(key=itemgetter(1), reverse=True)
    return fused


def cosines(ranked: Sequence[Ranked]) -> Mapping[int, float]:
    """By chunk, given a ranking by embedding: at least 0, and for every chunk outside of it too, as in `fuse`."""
    floor = _floor(ranked, CHUNK_DEPTH)
    return defaultdict(lambda: floor, ((chunk, max(score, 0.0)) for chunk, score in ranked))


def _floor(ranked: Sequence[Ranked], depth: int) -> float:
    """The score of what is not in the list: it cannot be more than that of the last one, if the list is full."""
    return max(ranked[-1][1], 0.0) if len(ranked) == depth else 0.0


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
