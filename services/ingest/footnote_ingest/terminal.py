"""The job on a terminal: a bar for what it does, a line for every problem, and how it ended."""

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichBar

from footnote_ingest.report import Report
from footnote_ingest.sources import Problem


class TerminalProgress:
    """A bar for the stage that runs, and a line above it for every problem."""

    def __init__(self) -> None:
        self._console = console = Console(stderr=True)
        self._bar = RichBar(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None

    def start(self, stage: str, total: int | None) -> None:
        self._bar.start()
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(stage, total=total)

    def advance(self, steps: int) -> None:
        if self._task is not None:
            self._bar.advance(self._task, steps)

    def problem(self, problem: Problem) -> None:
        colour = "red" if problem.failed else "yellow"
        place = escape(f"{problem.file}:{problem.line}")
        self._console.print(
            f"[{colour}]{place}[/] {escape(problem.message)}", highlight=False, soft_wrap=True
        )

    def close(self) -> None:
        self._bar.stop()

    def tell(self, report: Report) -> None:
        seconds = sum(report.durations_ms.values()) / 1000
        if report.exit_code >= 2 or report.outcome == "rolled_back":
            colour = "red" if report.exit_code else "green"
            self._console.print(f"[{colour}]{escape(report.message)}[/]", highlight=False)
            return
        if report.outcome == "unchanged":
            self._console.print(f"Nothing changed: {report.pages} pages are live. {seconds:.1f} s")
        elif report.outcome == "planned":
            for mark, routes in (("+", report.added), ("~", report.changed), ("-", report.removed)):
                for route in routes:
                    self._console.print(f"{mark} {escape(route)}", highlight=False)
            self._console.print(f"Would embed {report.embedded} chunks, {report.embedded_tokens} tokens.")
        else:
            self._console.print(
                f"[green]{report.pages} pages are live[/]: {report.chunks} chunks, "
                f"{report.embedded} embedded, {report.reused} reused. {seconds:.1f} s"
            )
        if report.failures:
            self._console.print(f"[red]{len(report.failures)} pages failed[/], see above.")
