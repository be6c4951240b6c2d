"""Bootstrap intervals over questions, and paired comparison of two systems (pure, seeded)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from footnote_api.evaluation.metrics import Tally

RESAMPLES = 5_000
SEED = 20_240_501
"""Any fixed number: the same questions and outcomes give the same intervals."""

_BLOCK = 250
_BOUNDS = (2.5, 97.5)

Scores = Mapping[str, Tally]
"""One question's tallies, by metric."""

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric with its 95 % interval over `questions` questions."""

    value: float
    low: float
    high: float
    questions: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What a metric is more in `new` than in `old`, on the questions that both have.

    wins, losses, ties  questions on which the new one is better, worse, equal
    """

    old: float
    new: float
    value: float
    low: float
    high: float
    wins: int
    losses: int
    ties: int


def estimates(
    scores: Sequence[Scores], *, resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, Estimate]:
    """Each metric over the questions, with a percentile bootstrap interval."""
    metrics = _metrics(scores)
    if not metrics:
        return {}
    gained, possible = _table(scores, metrics)
    drawn = [_ratio(w @ gained, w @ possible) for w in _draws(len(scores), resamples, seed)]
    low, high = _interval(drawn, len(metrics))
    values = _ratio(gained.sum(axis=0), possible.sum(axis=0))
    counts = (possible > 0).sum(axis=0)
    return {
        name: Estimate(float(values[m]), float(low[m]), float(high[m]), int(counts[m]))
        for m, name in enumerate(metrics)
    }


def differences(
    new: Sequence[Scores], old: Sequence[Scores], *, resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, Difference]:
    """`new` minus `old`, question by question: position i of both is the same question.

    The same questions are drawn for both, so that hard and easy ones do not widen the interval.
    Metrics that only one of them has are left out.
    """
    if len(new) != len(old):
        raise ValueError(f"{len(new)} and {len(old)} questions cannot be paired.")
    both = set(_metrics(old))
    metrics = [name for name in _metrics(new) if name in both]
    if not metrics:
        return {}
    tables = _table(new, metrics), _table(old, metrics)
    drawn = []
    for weights in _draws(len(new), resamples, seed):
        rates = [_ratio(weights @ gained, weights @ possible) for gained, possible in tables]
        drawn.append(rates[0] - rates[1])
    low, high = _interval(drawn, len(metrics))
    values = [_ratio(gained.sum(axis=0), possible.sum(axis=0)) for gained, possible in tables]
    # Question by question a missing part is worth nothing: a refusal where the other answered.
    per_question = [np.nan_to_num(_ratio(gained, possible)) for gained, possible in tables]
    changed = np.round(per_question[0] - per_question[1], 9)
    counted = (tables[0][1] > 0) | (tables[1][1] > 0)
    return {
        name: Difference(
            float(values[1][m]),
            float(values[0][m]),
            float(values[0][m] - values[1][m]),
            float(low[m]),
            float(high[m]),
            int((changed[:, m] > 0).sum()),
            int((changed[:, m] < 0).sum()),
            int(((changed[:, m] == 0) & counted[:, m]).sum()),
        )
        for m, name in enumerate(metrics)
    }


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99; empty without values."""
    if not values:
        return {}
    at = np.percentile(values, (50, 95, 99))
    return {"p50": float(at[0]), "p95": float(at[1]), "p99": float(at[2])}


def _metrics(scores: Sequence[Scores]) -> list[str]:
    """The metrics that at least one question has a part in."""
    return list(dict.fromkeys(name for one in scores for name, tally in one.items() if tally.possible))


def _table(scores: Sequence[Scores], metrics: Sequence[str]) -> tuple[_Array, _Array]:
    """What was gained and what was possible, each of shape (questions, metrics)."""
    nothing = Tally(0.0, 0.0)
    cells = np.array([[one.get(name, nothing) for name in metrics] for one in scores], dtype=np.float64)
    cells = cells.reshape(len(scores), len(metrics), 2)
    return cells[:, :, 0], cells[:, :, 1]


def _draws(questions: int, resamples: int, seed: int) -> Iterator[_Array]:
    """How often each question is drawn, in blocks of shape (resamples, questions)."""
    random = np.random.default_rng(seed)
    chances = np.full(questions, 1 / questions)
    for start in range(0, resamples, _BLOCK):
        yield random.multinomial(questions, chances, size=min(_BLOCK, resamples - start)).astype(np.float64)


def _ratio(gained: _Array, possible: _Array) -> _Array:
    """gained / possible; NaN where nothing was possible."""
    ratio = np.full(gained.shape, np.nan)
    np.divide(gained, possible, out=ratio, where=possible > 0)
    return ratio


def _interval(drawn: Sequence[_Array], metrics: int) -> tuple[_Array, _Array]:
    """Bounds per metric over the draws in which it could be computed."""
    values = np.concatenate(drawn)
    bounds = [np.percentile(column[~np.isnan(column)], _BOUNDS) for column in values.T]
    table = np.array(bounds, dtype=np.float64).reshape(metrics, 2)
    return table[:, 0], table[:, 1]
