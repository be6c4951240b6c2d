"""One run of an evaluation: its numbers, the JSON that keeps it, and comparison with an earlier one."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from footnote_api.evaluation.metrics import DEPTH, NAMES, Outcome, Tally, tallies
from footnote_api.evaluation.rows import Row, names
from footnote_api.evaluation.statistics import (
    Difference,
    Estimate,
    Scores,
    differences,
    estimates,
    percentiles,
)
from footnote_core.errors import ConfigurationError

SCHEMA = 1
"""Layout of the JSON of a run."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """This run beside an earlier one, on the questions that both asked."""

    name: str
    questions: int
    only_new: int
    only_old: int
    differences: Mapping[str, Difference]


@dataclass(frozen=True, slots=True)
class Run:
    """What a report shows.

    title       what was measured: the name of the file of questions
    by_kind, by_gold_by  the metrics of each group; empty when the rows name at most one group
    latency_ms  "search" and "ask": p50, p95, p99
    """

    title: str
    date: str
    outcomes: Sequence[Outcome]
    metrics: Mapping[str, Estimate]
    by_kind: Mapping[str, Mapping[str, Estimate]]
    by_gold_by: Mapping[str, Mapping[str, Estimate]]
    latency_ms: Mapping[str, Mapping[str, float]]
    comparison: Comparison | None = None


class Key(NamedTuple):
    """What makes a question the same in two runs; `copy` counts repetitions of it in a file."""

    question: str
    gold: tuple[str, ...]
    copy: int


class StoredQuestion(BaseModel):
    """As much of a question in an earlier run as comparing needs."""

    question: str
    gold: tuple[str, ...]
    scores: dict[str, Tally]


class StoredRun(BaseModel):
    """An earlier run, read back from the JSON that it wrote."""

    questions: list[StoredQuestion]


def evaluate(title: str, date: str, outcomes: Sequence[Outcome]) -> Run:
    """The numbers of a run, each with its interval."""
    scores = [tallies(outcome) for outcome in outcomes]
    searched = [o.search_ms for o in outcomes if o.search_ms is not None]
    asked = [o.answered.ms for o in outcomes if o.answered is not None]
    latencies = {"search": percentiles(searched), "ask": percentiles(asked)}
    return Run(
        title,
        date,
        outcomes,
        _ordered(estimates(scores)),
        _grouped([o.row.kind for o in outcomes], scores),
        # An unanswerable question has no gold that somebody could have chosen.
        _grouped([o.row.gold_by if o.row.gold else "" for o in outcomes], scores),
        {name: values for name, values in latencies.items() if values},
    )


def compare(run: Run, old: StoredRun, name: str) -> Comparison:
    """Pair the questions of two runs. ConfigurationError when they have none in common."""
    new_scores = dict(zip(_keys([_question(o.row) for o in run.outcomes]), run.outcomes, strict=True))
    old_scores = dict(
        zip(
            _keys([(q.question, q.gold) for q in old.questions]),
            (q.scores for q in old.questions),
            strict=True,
        )
    )
    common = [key for key in new_scores if key in old_scores]
    if not common:
        raise ConfigurationError(f"{name} holds none of these questions, so there is nothing to compare.")
    changes = differences([tallies(new_scores[k]) for k in common], [old_scores[k] for k in common])
    return Comparison(
        name,
        len(common),
        len(new_scores) - len(common),
        len(old_scores) - len(common),
        {metric: changes[metric] for metric in NAMES if metric in changes},
    )


def read_run(path: Path) -> StoredRun:
    """A run that `as_json` wrote. ConfigurationError that names the file and what is wrong."""
    try:
        return StoredRun.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ConfigurationError(
            f"{path} was not written by footnote-eval --json: {where}: {first['msg']}."
        ) from error


def as_json(run: Run) -> str:
    """The whole run; `summary` has plain numbers, `intervals` their bounds, `questions` every outcome."""
    report: dict[str, Any] = {
        "schema": SCHEMA,
        "title": run.title,
        "date": run.date,
        "summary": summary(run),
        "intervals": _intervals(run.metrics),
        "by_kind": {group: _group(found) for group, found in run.by_kind.items()},
        "by_gold_by": {group: _group(found) for group, found in run.by_gold_by.items()},
        "comparison": asdict(run.comparison) if run.comparison else None,
        "questions": [_record(outcome) for outcome in run.outcomes],
    }
    return json.dumps(report, ensure_ascii=False, indent=1) + "\n"


def summary(run: Run) -> dict[str, float]:
    """Name -> number: how many questions, every metric, every percentile."""
    numbers: dict[str, float] = {"questions": len(run.outcomes)}
    for level in ("page", "section"):
        if first := run.metrics.get(f"{level}@1"):
            numbers[f"{level}_questions"] = first.questions
    numbers |= {name: estimate.value for name, estimate in run.metrics.items()}
    for what, latencies in run.latency_ms.items():
        numbers |= {f"{what}_ms_{name}": value for name, value in latencies.items()}
    return numbers


def _grouped(groups: Sequence[str], scores: Sequence[Scores]) -> dict[str, dict[str, Estimate]]:
    counted = Counter(group for group in groups if group)
    if len(counted) < 2:
        return {}
    members = {
        name: [one for one, group in zip(scores, groups, strict=True) if group == name] for name in counted
    }
    found = {name: _ordered(estimates(members[name])) for name, _ in counted.most_common()}
    return {name: metrics for name, metrics in found.items() if metrics}


def _ordered(metrics: Mapping[str, Estimate]) -> dict[str, Estimate]:
    return {name: metrics[name] for name in NAMES if name in metrics}


def _keys(questions: Sequence[tuple[str, tuple[str, ...]]]) -> list[Key]:
    seen: Counter[tuple[str, tuple[str, ...]]] = Counter()
    keys = []
    for question, gold in questions:
        keys.append(Key(question, gold, seen[question, gold]))
        seen[question, gold] += 1
    return keys


def _question(row: Row) -> tuple[str, tuple[str, ...]]:
    return row.question, tuple(names(row.gold))


def _intervals(metrics: Mapping[str, Estimate]) -> dict[str, tuple[float, float]]:
    return {name: (estimate.low, estimate.high) for name, estimate in metrics.items()}


def _group(metrics: Mapping[str, Estimate]) -> dict[str, Any]:
    return {
        "summary": {name: estimate.value for name, estimate in metrics.items()},
        "intervals": _intervals(metrics),
        "questions": max(estimate.questions for estimate in metrics.values()),
    }


def _record(outcome: Outcome) -> dict[str, Any]:
    row, answered = outcome.row, outcome.answered
    return {
        "id": row.id,
        "question": row.question,
        "kind": row.kind,
        "gold_by": row.gold_by,
        "gold": names(row.gold),
        "found": names((outcome.found or ())[:DEPTH]),
        "page_rank": outcome.page_rank,
        "section_rank": outcome.section_rank,
        "search_ms": outcome.search_ms,
        "refused": answered.refused if answered else None,
        "cites_gold": answered.cites_gold if answered else None,
        "ask_ms": answered.ms if answered else None,
        "scores": tallies(outcome),
    }
