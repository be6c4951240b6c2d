"""How the benchmark of refusals counts."""

import json
from pathlib import Path

import pytest

from footnote_api import evidence
from tests.benchmarks import refusal
from tests.benchmarks.refusal import ANSWERED, CROSS, Asked, Judged


def judged(site: str, kind: str, support: float, *, ours: bool = False) -> Judged:
    return Judged(Asked(site, kind, ours, "q"), support, support)


def test_every_near_question_is_of_a_known_kind_and_asked_once() -> None:
    lines = (refusal.QUESTIONS / "near_topic.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert {row["kind"] for row in rows} == {"answered", "other product", "missing feature"}
    assert len({(row["site"], row["question"]) for row in rows}) == len(rows)


def test_what_users_asked_of_one_site_is_asked_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "corpora/one").mkdir(parents=True)
    (tmp_path / "questions").mkdir()
    answered = [{"question": "how?", "gold": ["docs/a.md"]}]
    unanswerable = [{"question": f"why {site}?", "gold": [], "site": site} for site in ("one", "two")]
    for name, rows in (("one.dev", answered), ("unanswerable.dev", unanswerable)):
        (tmp_path / f"questions/{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    monkeypatch.setenv("BENCH_CORPORA", str(tmp_path))
    assert list(refusal.site_folders()) == ["manual", "one"]
    asked = refusal.questions(["manual", "one"])
    assert [one for one in asked if one.site == "one" and one.kind != CROSS] == [
        Asked("one", ANSWERED, False, "how?"),
        Asked("one", "unanswerable", False, "why one?"),
    ]
    assert Asked("manual", CROSS, False, "how?") in asked
    assert not any(one.ours for one in asked if one.kind == CROSS)


def test_shares_are_of_each_kind() -> None:
    refused = [
        (judged("a", ANSWERED, 1.0), False),
        (judged("a", ANSWERED, -9.0), True),
        (judged("a", ANSWERED, 1.0, ours=True), False),
        (judged("a", CROSS, -9.0), True),
    ]
    found = refusal.shares(refused)
    assert (found["answered, users"], found["answered, ours"], found[CROSS]) == (0.5, 0.0, 1.0)
    assert found["unanswerable"] is None


def test_a_limit_is_set_without_the_site_it_is_for() -> None:
    others = [judged("b", ANSWERED, float(n)) for n in range(101)]
    own = [judged("a", ANSWERED, -50.0), judged("b", ANSWERED, -50.0, ours=True)]
    assert refusal.limit_without([*others, *own], "a") == pytest.approx(8.0)
    assert refusal.limit_without(own, "a") == evidence.ENOUGH


def test_the_report_has_every_strictness() -> None:
    found = refusal.measured([judged("a", ANSWERED, 5.0), judged("b", CROSS, evidence.ENOUGH - 0.1)])
    assert found["strictness"]["1.0"][CROSS] == 1.0
    assert found["strictness"]["0.75"][CROSS] == 0.0
    text = refusal.report(found)
    assert all(f"| {s} |" in text for s in refusal.STRICTNESS)
