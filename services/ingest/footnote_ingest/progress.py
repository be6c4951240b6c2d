"""What an operator sees of the job: JSON events; on a terminal what `terminal` draws."""

from typing import Protocol

from footnote_core import log
from footnote_ingest.report import Report
from footnote_ingest.sources import Problem


class Progress(Protocol):
    def start(self, stage: str, total: int | None) -> None:
        """Begin a stage of `total` steps; None when nobody knows how many."""

    def advance(self, steps: int) -> None: ...

    def problem(self, problem: Problem) -> None:
        """A page could not be read, or not all of it."""

    def close(self) -> None:
        """Take away what shows that the job runs."""

    def tell(self, report: Report) -> None:
        """Say how a run ended."""


class EventProgress:
    """One event a problem; stages are told by the job's own events."""

    def start(self, stage: str, total: int | None) -> None:
        """Stages have no event."""

    def advance(self, steps: int) -> None:
        """Steps have no event."""

    def problem(self, problem: Problem) -> None:
        name = "page_failed" if problem.failed else "page_incomplete"
        log.warning(name, file=problem.file, line=problem.line, message=problem.message)

    def close(self) -> None:
        """Nothing is shown that would have to be taken away."""

    def tell(self, report: Report) -> None:
        counts = {
            "pages": report.pages,
            "chunks": report.chunks,
            "embedded": report.embedded,
            "embedded_tokens": report.embedded_tokens,
            "reused": report.reused,
        }
        if report.outcome == "published":
            log.event("index_published", **counts)
        elif report.outcome == "unchanged":
            log.event("index_unchanged", pages=report.pages, chunks=report.chunks)
        elif report.outcome == "planned":
            changes = {"added": report.added, "changed": report.changed, "removed": report.removed}
            log.event("changes_planned", **counts, **changes)
        elif report.outcome == "rolled_back":
            log.event("index_rolled_back", pages=report.pages, chunks=report.chunks)
        if report.exit_code >= 2:
            log.warning("ingest_failed", message=report.message, exit_code=report.exit_code)
        log.event(
            "ingest_finished",
            ms=round(sum(report.durations_ms.values()), 1),
            stages_ms=report.durations_ms,
            failed=len(report.failures),
            exit_code=report.exit_code,
        )
