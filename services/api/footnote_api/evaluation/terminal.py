"""A run as tables on a terminal."""

from collections.abc import Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from footnote_api.evaluation.runs import Comparison, Run
from footnote_api.evaluation.statistics import Estimate

COLUMNS = ("page@1", "page@5", "page_mrr@10", "section@5", "answered", "refusal_recall")
"""What the tables by group show; the JSON and the HTML report have all."""


def show(run: Run, console: Console) -> None:
    """Print every table of a run."""
    console.print(_metrics(run))
    for title, groups in (("By kind", run.by_kind), ("By who chose the gold", run.by_gold_by)):
        if groups:
            console.print(_groups(title, groups))
    if run.comparison:
        console.print(_comparison(run.comparison))


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1))


def _metrics(run: Run) -> Table:
    table = _table(f"{escape(run.title)}: {len(run.outcomes)} questions")
    table.add_column("metric")
    table.add_column("value", justify="right")
    table.add_column("95 % interval", justify="right")
    table.add_column("questions", justify="right")
    for name, one in run.metrics.items():
        table.add_row(name, f"{one.value:.3f}", f"{one.low:.3f} – {one.high:.3f}", str(one.questions))
    for what, latencies in run.latency_ms.items():
        for name, value in latencies.items():
            table.add_row(f"{what}_ms_{name}", f"{value:.1f}", "", "")
    return table


def _groups(title: str, groups: Mapping[str, Mapping[str, Estimate]]) -> Table:
    shown = [name for name in COLUMNS if any(name in metrics for metrics in groups.values())]
    table = _table(title)
    table.add_column("")
    table.add_column("n", justify="right")
    for name in shown:
        table.add_column(name, justify="right", no_wrap=True)
    for group, metrics in groups.items():
        count = max(estimate.questions for estimate in metrics.values())
        cells = [f"{metrics[name].value:.3f}" if name in metrics else "–" for name in shown]
        table.add_row(escape(group), str(count), *cells)
    return table


def _comparison(comparison: Comparison) -> Table:
    title = f"Compared with {comparison.name} on {comparison.questions} questions"
    if comparison.only_new or comparison.only_old:
        title += f" (only here: {comparison.only_new}, only there: {comparison.only_old})"
    table = _table(escape(title))
    table.add_column("metric")
    for name in ("old", "new", "difference", "95 % interval", "better", "worse", "equal"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, one in comparison.differences.items():
        sure = "bold green" if one.low > 0 else "bold red" if one.high < 0 else ""
        table.add_row(
            name,
            f"{one.old:.3f}",
            f"{one.new:.3f}",
            f"{one.value:+.3f}",
            f"{one.low:+.3f} – {one.high:+.3f}",
            str(one.wins),
            str(one.losses),
            str(one.ties),
            style=sure,
        )
    return table
