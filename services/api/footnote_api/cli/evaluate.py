"""`footnote-eval QUESTIONS.jsonl`: how well the running API finds, answers and refuses.

A row is `{"question", "gold": ["docs/page.md#anchor", …]}`; any gold counts, one without an anchor
stands for its whole page, and an empty list means that the docs do not answer the question.
"""

import argparse
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from rich.console import Console
from rich.progress import track

from footnote_api.cli.client import ApiClient, default_address
from footnote_api.evaluation import metrics, page, runs, terminal
from footnote_api.evaluation.metrics import Answered, Outcome
from footnote_api.evaluation.rows import Place, Row, read_rows
from footnote_core.errors import ConfigurationError, FootnoteError

_SEARCH_LIMIT = metrics.DEPTH * 3
"""Sections asked for: several may be of one page, and excluded ones are taken out."""

_PLAIN_WIDTH = 110
"""Columns of the tables in a file or a pipe."""

_MARKER = re.compile(r"\[(\d+)\]")


def main(arguments: Sequence[str] | None = None) -> None:
    """Exit codes: 0 measured, 1 the API failed, 2 the questions, a file or the settings are wrong."""
    options = _parser().parse_args(arguments)
    try:
        rows = read_rows(options.questions)
        old = runs.read_run(options.compare) if options.compare else None
        outputs = [_writable(path) for path in (options.json, options.html) if path]
        with ApiClient(options.api or default_address()) as api:
            outcomes = [measure(row, api, answers=not options.search_only) for row in _progress(rows)]
        run = runs.evaluate(options.questions.name, datetime.now(UTC).isoformat(timespec="seconds"), outcomes)
        if old:
            run = replace(run, comparison=runs.compare(run, old, options.compare.name))
    except FootnoteError as error:
        sys.stderr.write(f"{error.message}\n")
        raise SystemExit(2 if isinstance(error, ConfigurationError) else 1) from error
    console = Console()
    terminal.show(run, console if console.is_terminal else Console(width=_PLAIN_WIDTH))
    for path in outputs:
        text = runs.as_json(run) if path == options.json else page.report(run)
        path.write_text(text, encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="footnote-eval", description="Measure retrieval and answers of the running API."
    )
    parser.add_argument("questions", type=Path, metavar="QUESTIONS.jsonl")
    parser.add_argument("--api", metavar="URL", help="address of the API (default: this machine)")
    parser.add_argument("--search-only", action="store_true", help="leave refusals and citations out")
    parser.add_argument(
        "--compare", type=Path, metavar="OLD.json", help="compare with what an earlier --json wrote"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the numbers and every question's outcome"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report with plots")
    return parser


def measure(row: Row, api: ApiClient, *, answers: bool) -> Outcome:
    """Search for, and with `answers` ask, one question. Unanswerable ones are only asked."""
    measured = Outcome(row)
    if row.gold:
        began = time.perf_counter()
        hits = api.search(row.question, limit=_SEARCH_LIMIT)["hits"]
        elapsed_ms = (time.perf_counter() - began) * 1000
        measured = metrics.outcome(row, [_place(hit) for hit in hits], search_ms=elapsed_ms)
    if answers:
        began = time.perf_counter()
        answer = api.ask(row.question)
        elapsed_ms = (time.perf_counter() - began) * 1000
        measured = replace(measured, answered=answered(row, answer, elapsed_ms))
    return measured


def answered(row: Row, answer: dict[str, Any], ms: float) -> Answered:
    """What the body of an answer is worth for a question."""
    citations = answer["citations"]
    return Answered(
        refused=answer["refused"],
        citations=len(citations),
        valid=sum(is_valid_citation(citation, answer["answer"]) for citation in citations),
        cites_gold=any(metrics.is_gold(_place(citation), row.gold) for citation in citations),
        ms=ms,
    )


def is_valid_citation(citation: dict[str, Any], answer: str) -> bool:
    """Whether a citation quotes something, links absolutely, and is referred to by the answer."""
    numbers = {int(number) for number in _MARKER.findall(answer)}
    linked = citation["url"].startswith(("http://", "https://"))
    return bool(citation["quote"].strip()) and linked and citation["index"] in numbers


def _place(found: dict[str, Any]) -> Place:
    """The place of a hit or citation: its source, and the heading that its address names."""
    return found["source"], unquote(found["url"].partition("#")[2])


def _progress(rows: Sequence[Row]) -> Any:
    console = Console(stderr=True)
    return track(rows, "Measuring", console=console, transient=True, disable=not console.is_terminal)


def _writable(path: Path) -> Path:
    """`path` if it can be written: better to know before the work than after it."""
    try:
        path.open("a").close()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}.") from error
    return path
