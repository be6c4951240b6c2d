"""`footnote-eval` without a server: rows, a whole run, its files, and what is wrong with bad input."""

import io
import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from footnote_api.cli import evaluate
from footnote_api.cli.client import ApiClient
from footnote_api.evaluation import page, runs, terminal
from footnote_api.evaluation.metrics import Outcome
from footnote_api.evaluation.rows import Row, read_rows
from footnote_core.errors import ConfigurationError

CITATION = {"index": 1, "url": "https://x.org/docs/a#b", "quote": "Set it.", "source": "docs/a.md"}
ANSWER: dict[str, Any] = {"answer": "Set it. [1]", "citations": [CITATION], "refused": False}
REFUSED: dict[str, Any] = {"answer": "No.", "citations": [], "refused": True}


def hit(source: str, anchor: str = "") -> dict[str, Any]:
    return {"source": source, "url": f"https://x.org/{source}" + (f"#{anchor}" if anchor else "")}


ROWS = [
    {"question": "first", "gold": ["docs/a.md#b"], "kind": "howto", "gold_by": "thread"},
    {
        "question": "third",
        "gold": ["docs/a.md#b", "docs/c.md"],
        "exclude": ["docs/z.md"],
        "kind": "howto",
        "gold_by": "annotator",
    },
    {
        "question": "missed <script>alert(1)</script>",
        "gold": ["docs/a.md"],
        "kind": "<b>",
        "gold_by": "thread",
    },
    {"question": "unanswerable", "gold": [], "kind": "unanswerable"},
]
HITS = {
    "first": [hit("docs/a.md", "b"), hit("docs/b.md")],
    "third": [hit("docs/z.md"), hit("docs/a.md", "x"), hit("docs/b.md"), hit("docs/a.md", "b")],
    "missed <script>alert(1)</script>": [hit("docs/b.md")],
}
ANSWERS = {
    "first": ANSWER,
    "third": ANSWER,
    "missed <script>alert(1)</script>": REFUSED,
    "unanswerable": REFUSED,
}


class FakeApi(ApiClient):
    """Answers from dictionaries by question."""

    def __init__(self, hits: dict[str, list[dict[str, Any]]], answers: dict[str, dict[str, Any]]) -> None:
        self.hits, self.answers = hits, answers

    def search(self, question: str, limit: int) -> dict[str, Any]:
        return {"hits": self.hits[question]}

    def ask(self, question: str) -> dict[str, Any]:
        return self.answers[question]


def written(folder: Path, rows: list[dict[str, Any]]) -> Path:
    file = folder / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    return file


def run_of(folder: Path, rows: list[dict[str, Any]] = ROWS, *, answers: bool = True) -> runs.Run:
    api = FakeApi(HITS, ANSWERS)
    outcomes = [evaluate.measure(row, api, answers=answers) for row in read_rows(written(folder, rows))]
    return runs.evaluate("questions.jsonl", "2026-01-01", outcomes)


def test_the_numbers_are_right(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    assert [o.page_rank for o in run.outcomes] == [1, 1, None, None]
    assert [o.section_rank for o in run.outcomes] == [1, 3, None, None]
    numbers = runs.summary(run)
    assert numbers["questions"] == 4
    assert numbers["page_questions"] == 3
    assert numbers["page@1"] == pytest.approx(2 / 3)
    assert numbers["page_mrr@10"] == pytest.approx(2 / 3)
    assert numbers["section_questions"] == 2
    assert numbers["section@1"] == 0.5
    assert numbers["section@3"] == 1.0
    assert numbers["section_mrr@10"] == pytest.approx((1 + 1 / 3) / 2)
    assert numbers["page_ndcg@10"] == pytest.approx((1 + 1 / (1 + 0.6309) + 0) / 3, abs=1e-3)
    assert numbers["refusal_precision"] == 0.5
    assert numbers["refusal_recall"] == 1.0
    assert numbers["answered"] == pytest.approx(2 / 3)
    assert numbers["answers_citing_gold"] == 1.0
    assert numbers["valid_citations"] == 1.0
    assert numbers["search_ms_p99"] >= numbers["search_ms_p50"] > 0
    assert run.by_kind["howto"]["page@1"].value == 1.0
    assert run.by_kind["unanswerable"]["refusal_recall"].value == 1.0
    assert list(run.by_gold_by) == ["thread", "annotator"]
    assert run.by_gold_by["thread"]["page@1"].value == 0.5


def test_without_answers_only_search_is_measured(tmp_path: Path) -> None:
    numbers = runs.summary(run_of(tmp_path, answers=False))
    assert "page@1" in numbers
    assert "unanswerable" not in run_of(tmp_path, answers=False).by_kind
    assert not [name for name in numbers if "refus" in name or "citation" in name or "ask" in name]


def test_metrics_come_in_one_order_whatever_comes_first(tmp_path: Path) -> None:
    assert list(run_of(tmp_path).metrics) == list(run_of(tmp_path, ROWS[::-1]).metrics)


def test_nothing_cited_is_no_citation_metric(tmp_path: Path) -> None:
    assert "valid_citations" not in run_of(tmp_path, ROWS[2:]).metrics


def test_the_tables_show_every_metric(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    output = io.StringIO()
    console = Console(width=120, file=output)
    old = runs.StoredRun.model_validate_json(runs.as_json(run))
    terminal.show(replace(run, comparison=runs.compare(run, old, "old.json")), console)
    shown = output.getvalue()
    for name in run.metrics:
        assert name in shown
    assert "<b>" in shown
    assert "Compared with old.json on 4 questions" in shown


class Elements(HTMLParser):
    """Tags, attributes and text of a document."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_report_is_one_file_with_plots_and_nothing_unescaped(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    old = runs.StoredRun.model_validate_json(runs.as_json(run))
    text = page.report(replace(run, comparison=runs.compare(run, old, "<old>.json")))
    found = Elements(text)
    assert not found.open
    assert "script" not in found.tags and "b" not in found.tags and "old" not in found.tags
    assert not [name for name, _ in found.attributes if name in ("src", "href", "onclick")]
    assert "url(" not in text and "@import" not in text
    assert found.tags.count("svg") == 5  # curves, kinds, gold sources, two latencies
    assert "missed &lt;script&gt;" in text
    assert "prefers-color-scheme:dark" in text


def test_equal_runs_differ_in_nothing(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    comparison = runs.compare(run, runs.StoredRun.model_validate_json(runs.as_json(run)), "old.json")
    assert (comparison.questions, comparison.only_new, comparison.only_old) == (4, 0, 0)
    for change in comparison.differences.values():
        assert (change.value, change.low, change.high, change.wins, change.losses) == (0, 0, 0, 0, 0)


def test_runs_are_compared_on_the_questions_they_share(tmp_path: Path) -> None:
    old = runs.StoredRun.model_validate_json(runs.as_json(run_of(tmp_path, ROWS[1:3])))
    better = [
        Outcome(Row("third", (("docs/a.md", "b"), ("docs/c.md", ""))), (("docs/a.md", "b"),)),
        Outcome(Row("new", (("docs/a.md", ""),)), ()),
    ]
    comparison = runs.compare(runs.evaluate("t", "d", better), old, "old.json")
    assert (comparison.questions, comparison.only_new, comparison.only_old) == (1, 1, 1)
    change = comparison.differences["section@1"]
    assert (change.old, change.new, change.value) == (0.0, 1.0, 1.0)
    assert (change.wins, change.losses, change.ties) == (1, 0, 0)
    with pytest.raises(ConfigurationError, match=r"old\.json holds none of these questions"):
        runs.compare(runs.evaluate("t", "d", better[1:]), old, "old.json")


@pytest.mark.parametrize(
    ("citation", "valid"),
    [({}, True), ({"quote": " "}, False), ({"index": 2}, False), ({"url": "/docs/a"}, False)],
)
def test_a_citation_is_valid_only_when_whole(citation: dict[str, Any], valid: bool) -> None:
    assert evaluate.is_valid_citation(CITATION | citation, ANSWER["answer"]) is valid


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"question": "x"}',
        '{"gold": []}',
        '{"question": "x", "gold": 5}',
        '{"question": "x", "gold": [""]}',
        '{"question": " ", "gold": []}',
        '{"question": "x", "gold": [], "exclude": "docs/a.md"}',
        json.dumps({"question": "x" * 4001, "gold": []}),
    ],
)
def test_a_wrong_row_is_named_by_file_and_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"question": "fine", "gold": []}\n\n' + line)
    with pytest.raises(ConfigurationError, match=r"questions\.jsonl:3: "):
        read_rows(file)


def test_every_wrong_row_is_named_up_to_ten(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text("{\n" * 12)
    with pytest.raises(ConfigurationError, match=r"jsonl:10: .*\n… and 2 more lines\.$"):
        read_rows(file)


def test_a_file_without_questions_is_named(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text("\n")
    with pytest.raises(ConfigurationError, match="holds no questions"):
        read_rows(file)


def test_a_query_is_a_question_too(tmp_path: Path) -> None:
    (row,) = read_rows(written(tmp_path, [{"query": "x", "gold": ["docs/a.md#b#c"], "site": "s"}]))
    assert (row.question, row.gold, row.site) == ("x", (("docs/a.md", "b#c"),), "s")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.jsonl"], "none.jsonl cannot be read"),
        (["questions.jsonl", "--compare", "none.json"], "none.json cannot be read"),
        (["questions.jsonl", "--compare", "questions.jsonl"], "was not written by footnote-eval --json"),
        (["questions.jsonl", "--html", "none/report.html"], "report.html cannot be written"),
    ],
)
def test_a_wrong_file_ends_with_2_before_the_api_is_asked(
    tmp_path: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, ROWS)
    paths = [argument if argument.startswith("--") else str(tmp_path / argument) for argument in arguments]
    with pytest.raises(SystemExit) as ended:
        evaluate.main([*paths, "--api", "http://127.0.0.1:1"])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_an_api_that_is_away_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        evaluate.main([str(written(tmp_path, ROWS)), "--api", "http://127.0.0.1:1"])
    assert ended.value.code == 1
    assert "cannot be reached" in capsys.readouterr().err
