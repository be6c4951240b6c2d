"""How ranked lists become one."""

import pytest

from footnote_core.index.engine import Ranked
from footnote_core.index.fusion import CHUNK_DEPTH, PAGE_DEPTH, WEIGHTS, cosines, fuse, spread

PAGE = 1000
"""Added to the id of a point: its page."""


def fused(lists: dict[str, list[Ranked]]) -> list[Ranked]:
    """Each point on a page of its own."""
    points = {point for ranked in lists.values() for point, _ in ranked}
    return fuse(lists, {point: (f"/{point % PAGE}", "") for point in points})


def ids(ranked: list[Ranked]) -> list[int]:
    return [point for point, _ in ranked]


def test_the_best_of_both_lists_wins() -> None:
    assert fused({"bm25": [(1, 10), (2, 9)], "dense": [(2, 0.9), (1, 0.1)]}) == [(2, 1.575), (1, 1.075)]


@pytest.mark.parametrize("name", ["page", "page_dense"])
def test_the_page_lifts_its_chunks(name: str) -> None:
    lifted = WEIGHTS[name] * (1 if name == "page" else 0.5)
    assert fused({"bm25": [(1, 10), (2, 10)], name: [(PAGE + 2, 0.5)]}) == [(2, 1 + lifted), (1, 1)]


def test_equal_scores_keep_one_order() -> None:
    assert ids(fused({"bm25": [(2, 1), (1, 1)]})) == [1, 2]
    assert ids(fused({"bm25": [(1, 1), (2, 1 + 1e-9)]})) == [1, 2]


@pytest.mark.parametrize("name", ["bm25", "page"])
def test_missing_from_a_short_list_is_zero_from_a_full_one_its_floor(name: str) -> None:
    page = PAGE if name == "page" else 0
    short = fused({name: [(page + 1, 2)], "dense": [(500, 0.5)]})
    assert dict(short)[500] == 0.375
    depth = CHUNK_DEPTH if name == "bm25" else PAGE_DEPTH
    full = fused({name: [(page + i, 2 + i) for i in reversed(range(depth))], "dense": [(500, 0.5)]})
    assert dict(full)[500] == pytest.approx(0.375 + WEIGHTS[name] * 2 / (depth + 1), abs=1e-5)


def test_the_score_is_the_weighted_sum_of_the_normalised_ones() -> None:
    lists = {
        "exact": [(1, 3.0), (2, 1.0)],
        "bm25": [(2, 7.0), (1, 5.0), (3, -1.0)],
        "dense": [(3, 0.8), (1, 0.2), (4, -0.1)],
        "page": [(PAGE + 1, 4.0), (PAGE + 3, 1.0)],
        "page_dense": [(PAGE + 4, 0.7)],
    }
    normalised = {
        1: {"exact": 1, "bm25": 5 / 7, "dense": 0.2, "page": 1},
        2: {"exact": 1 / 3, "bm25": 1},
        3: {"dense": 0.8, "page": 0.25},
        4: {"page_dense": 0.7},
    }
    assert dict(fused(lists)) == {
        point: pytest.approx(sum(WEIGHTS[name] * part for name, part in parts.items()), abs=1e-5)
        for point, parts in normalised.items()
    }


def test_no_lists_give_nothing() -> None:
    assert fused({}) == []
    assert fused({"bm25": [(1, 0.0)]}) == [(1, 0.0)]


def test_cosines_outside_of_a_full_list_are_those_of_its_last() -> None:
    short = cosines([(1, 0.9), (2, -0.1)])
    assert (short[1], short[2], short[3]) == (0.9, 0, 0)
    full = cosines([(i, 1 - i / 100) for i in range(CHUNK_DEPTH)])
    assert full[500] == 1 - (CHUNK_DEPTH - 1) / 100
    assert cosines(())[1] == 0


def test_a_page_stands_back_after_its_first_sections() -> None:
    ranked = [(i, 1.0 - i / 10) for i in range(4)] + [(9, 0.1)]
    places = {i: ("/same", f"h{i}") for i in range(4)} | {9: ("/other", "")}
    assert ids(spread(ranked, places, limit=10, per_page=2)) == [0, 1, 9, 2, 3]
    assert ids(spread(ranked, places, limit=4, per_page=2)) == [0, 1, 9, 2]
    assert ids(spread(ranked, places, limit=2, per_page=2)) == [0, 1]


def test_a_section_is_found_once() -> None:
    places = {1: ("/p", "h"), 2: ("/p", "h"), 3: ("/p", "")}
    assert ids(spread([(1, 0.9), (2, 0.8), (3, 0.7)], places, limit=10, per_page=2)) == [1, 3]
