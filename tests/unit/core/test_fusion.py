"""How ranked lists become one."""

import pytest

from footnote_core.index.engine import Found
from footnote_core.index.fusion import CHUNK_DEPTH, Candidate, fuse, spread


def found(*scores: tuple[str, float]) -> list[Found]:
    return [Found(name, score, {}) for name, score in scores]


def fused(lists: dict[str, list[Found]]) -> list[Candidate]:
    """Each point on a page of its own; point `/b` is page `/b`."""
    return fuse(lists, {f.id: (f"/{f.id.lstrip('/')}", "") for ranked in lists.values() for f in ranked})


def test_the_best_of_both_lists_wins() -> None:
    ranked = fused({"bm25": found(("a", 10), ("b", 9)), "dense": found(("b", 0.9), ("a", 0.1))})
    assert [c.id for c in ranked] == ["b", "a"]
    assert ranked[0].parts == {"exact": 0.0, "bm25": 0.9, "dense": 0.9, "page": 0.0, "page_dense": 0.0}


@pytest.mark.parametrize("name", ["page", "page_dense"])
def test_the_page_lifts_its_chunks(name: str) -> None:
    ranked = fused({"bm25": found(("a", 10), ("b", 10)), name: found(("/b", 0.5))})
    assert [c.id for c in ranked] == ["b", "a"]


def test_equal_scores_keep_one_order() -> None:
    assert [c.id for c in fused({"bm25": found(("b", 1), ("a", 1))})] == ["a", "b"]
    assert [c.id for c in fused({"bm25": found(("a", 1), ("b", 1 + 1e-9))})] == ["a", "b"]


def test_missing_from_a_short_list_is_zero_from_a_full_one_its_floor() -> None:
    short = fused({"bm25": found(("a", 2)), "dense": found(("z", 0.5))})
    assert next(c for c in short if c.id == "z").parts["bm25"] == 0
    full = fused(
        {"bm25": found(*((f"c{i}", 2 + i) for i in reversed(range(CHUNK_DEPTH)))), "dense": found(("z", 0.5))}
    )
    assert next(c for c in full if c.id == "z").parts["bm25"] == 2 / (CHUNK_DEPTH + 1)


def test_no_lists_give_no_candidates() -> None:
    assert fused({}) == []


def candidate(name: str, route: str, anchor: str, score: float) -> Candidate:
    return Candidate(name, route, anchor, score, ())


def test_a_page_stands_back_after_its_first_sections() -> None:
    candidates = [candidate(str(i), "/same", f"h{i}", 1.0 - i / 10) for i in range(4)]
    candidates.append(candidate("x", "/other", "", 0.1))
    assert [c.id for c in spread(candidates, per_page=2)] == ["0", "1", "x", "2", "3"]


def test_a_section_is_found_once() -> None:
    candidates = [
        candidate("a", "/p", "h", 0.9),
        candidate("b", "/p", "h", 0.8),
        candidate("c", "/p", "", 0.7),
    ]
    assert [c.id for c in spread(candidates, per_page=2)] == ["a", "c"]
