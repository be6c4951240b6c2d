"""Metrics, intervals and plots on outcomes that are easy to check by hand."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footnote_api.evaluation import plots
from footnote_api.evaluation.metrics import Answered, Outcome, Tally, outcome, tallies
from footnote_api.evaluation.rows import Place, Row
from footnote_api.evaluation.statistics import Estimate, differences, estimates, percentiles

GOLD = (("a", "x"), ("b", ""))
places = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["", "x", "y"])), max_size=14)


def scores(found: list[Place], gold: tuple[Place, ...] = GOLD, **options: bool) -> dict[str, float]:
    found_by = outcome(Row("q", gold), found, **options)
    return {name: tally.gained / tally.possible for name, tally in tallies(found_by).items()}


def test_a_place_found_twice_counts_once() -> None:
    assert outcome(Row("q", GOLD), [("c", ""), ("c", ""), ("a", "x")]).section_rank == 2


def test_pages_are_ranked_among_pages() -> None:
    found = outcome(Row("q", GOLD), [("c", ""), ("c", "x"), ("a", "y"), ("a", "x")])
    assert (found.page_rank, found.section_rank) == (2, 4)


def test_excluded_sources_are_taken_out() -> None:
    row = Row("q", GOLD, excluded=frozenset({"c"}))
    assert outcome(row, [("c", ""), ("b", "y")]).page_rank == 1


def test_beyond_ten_nothing_counts() -> None:
    found = [(str(n), "") for n in range(10)]
    assert set(scores([*found, ("a", "x")]).values()) == {0.0}


def test_each_gold_section_is_gained_once() -> None:
    both = [("b", "x"), ("b", "y"), ("a", "x")]
    ideal = 1 + 1 / math.log2(3)
    assert scores(both)["section_ndcg@10"] == pytest.approx((1 + 1 / math.log2(4)) / ideal)
    assert scores(both)["page_ndcg@10"] == pytest.approx(1.0)


def test_sections_are_measured_only_where_they_can_be() -> None:
    assert "section@1" in scores([("a", "x")])
    assert "section@1" not in scores([("a", "x")], (("a", ""),))
    assert "section@1" not in scores([("a", "")], sections=False)
    assert scores([]) != {} and scores([], ()) == {}


@given(places)
def test_metrics_are_shares_and_more_depth_finds_more(found: list[Place]) -> None:
    values = scores(found)
    assert all(0 <= value <= 1 + 1e-9 for value in values.values())
    for level in ("page", "section"):
        assert values[f"{level}@1"] <= values[f"{level}@3"] <= values[f"{level}@5"] <= values[f"{level}@10"]
        assert values[f"{level}@1"] <= values[f"{level}_mrr@10"] <= values[f"{level}@10"]
    assert values["section@10"] <= values["page@10"]


@pytest.mark.parametrize(
    ("answerable", "refused", "expected"),
    [
        (True, True, {"refusal_precision": 0.0, "answered": 0.0}),
        (True, False, {"answered": 1.0, "answers_citing_gold": 1.0}),
        (False, True, {"refusal_precision": 1.0, "refusal_recall": 1.0}),
        (False, False, {"refusal_recall": 0.0}),
    ],
)
def test_refusals(answerable: bool, refused: bool, expected: dict[str, float]) -> None:
    row = Row("q", GOLD if answerable else ())
    found = tallies(Outcome(row, answered=Answered(refused, 4, 3, cites_gold=True, ms=1.0)))
    assert found.pop("valid_citations") == (3, 4)
    assert {name: tally.gained for name, tally in found.items()} == expected


def test_an_estimate_is_the_ratio_of_sums() -> None:
    found = estimates([{"m": Tally(1, 4)}, {"m": Tally(2, 2)}, {}])["m"]
    assert (found.value, found.questions) == (0.5, 2)
    assert found.low <= found.value <= found.high


def test_intervals_are_seeded_and_as_wide_as_theory_says() -> None:
    coin = [{"m": Tally(float(i % 2))} for i in range(400)]
    one, same, other = (estimates(coin, seed=seed)["m"] for seed in (1, 1, 2))
    assert one == same
    assert one != other
    assert one.high - one.low == pytest.approx(2 * 1.96 * math.sqrt(0.25 / 400), rel=0.1)
    assert estimates([]) == {}


def test_pairing_makes_the_interval_narrow() -> None:
    random = np.random.default_rng(0)
    old = random.random(100)
    before = [{"m": Tally(float(value))} for value in old]
    after = [{"m": Tally(float(value) + 0.1)} for value in old]
    change = differences(after, before)["m"]
    assert change.value == pytest.approx(0.1)
    assert change.high - change.low < 1e-9
    assert (change.wins, change.losses, change.ties) == (100, 0, 0)
    back = differences(before, after)["m"]
    assert (back.value, back.wins, back.losses) == (pytest.approx(-0.1), 0, 100)


def test_a_metric_of_one_side_is_not_compared() -> None:
    assert differences([{"m": Tally(1)}], [{"n": Tally(1)}]) == {}
    assert differences([{"m": Tally(1)}], [{"m": Tally(0, 0)}]) == {}
    with pytest.raises(ValueError, match="cannot be paired"):
        differences([{}], [])


def test_percentiles() -> None:
    assert percentiles([float(n) for n in range(101)]) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert percentiles([]) == {}


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_a_histogram_shows_every_value(values: list[float]) -> None:
    counts = [int(count) for count in re.findall(r"ms: (\d+)</title>", plots.histogram(values, "ms"))]
    assert sum(counts) == len(values)


def test_plots_escape_names_and_stay_inside() -> None:
    bars = plots.group_bars({"<i>": {"page@1": Estimate(1.0, 0.9, 1.0, 3)}}, ["page@1"])
    curves = plots.hit_curves({"<i>": [1.0] * 10, "other": [1.0] * 10})
    assert "<i>" not in bars + curves
    # Two labels at the same height stand below each other.
    heights = re.findall(r'y="([\d.]+)" text-anchor="start"', curves)
    assert len(set(heights)) == 2
