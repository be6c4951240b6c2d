"""The door of the ingest job: settings -> objects -> pipeline -> report -> exit code."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

from footnote_core import log
from footnote_core.embedders import build_embedder
from footnote_core.errors import ConfigurationError, FootnoteError, SourceError
from footnote_core.index import open_index
from footnote_core.settings import Settings, load
from footnote_ingest.chunking import LocalTokenCounter
from footnote_ingest.pipeline import ingest
from footnote_ingest.progress import EventProgress, Progress
from footnote_ingest.report import Report
from footnote_ingest.routes import SiteUrls
from footnote_ingest.sources import Source
from footnote_ingest.sources.files import FilesSource

_EXIT_CODES = "exit codes: 0 all pages indexed, 1 some pages failed and the rest is live, 2 nothing changed"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; returns its exit code."""
    options = _parser().parse_args(arguments)
    progress = _progress()
    log.configure()
    report = Report(source="")
    report_file: Path | None = None
    try:
        settings = load()
        log.configure(settings.log_level if isinstance(progress, EventProgress) else "error")
        if options.site_dir:
            settings = settings.model_copy(update={"site_dir": options.site_dir, "sitemap_url": ""})
        if options.sitemap:
            settings = settings.model_copy(update={"sitemap_url": options.sitemap})
        if options.report:
            report_file = _writable(options.report)
        if options.watch:
            asyncio.run(_follow(settings, options, report_file, progress))
            return 0
        asyncio.run(_once(settings, options, report, progress))
    except FootnoteError as error:
        report.message, report.exit_code = error.message, 2
    except asyncio.CancelledError:
        report.message, report.exit_code = "Interrupted; the index is as it was.", 143
    except KeyboardInterrupt:
        report.message, report.exit_code = "Interrupted; the index is as it was.", 130
    _tell(report, report_file, progress)
    return report.exit_code


def _progress() -> Progress:
    if not sys.stderr.isatty():
        return EventProgress()
    # Imported here: in a container nobody looks, and drawing costs 0.1 s to import.
    from footnote_ingest.terminal import TerminalProgress

    return TerminalProgress()


def _tell(report: Report, report_file: Path | None, progress: Progress) -> None:
    progress.tell(report)
    if report_file:
        report_file.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=2) + "\n", "utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="footnote-ingest",
        description="Index a Docusaurus site so that Footnote can answer from it.",
        epilog=_EXIT_CODES,
    )
    parser.add_argument(
        "site_dir",
        nargs="?",
        type=Path,
        help="site directory or folder of md/mdx (default: FOOTNOTE_SITE_DIR)",
    )
    parser.add_argument("--sitemap", metavar="URL", help="crawl the built site that this sitemap lists")
    parser.add_argument("--dry-run", action="store_true", help="say what would change and change nothing")
    parser.add_argument("--full", action="store_true", help="embed every chunk again")
    parser.add_argument(
        "--watch", action="store_true", help="go on: index again whenever a file of the site is saved"
    )
    parser.add_argument(
        "--rollback", action="store_true", help="bring back the index from before the last run"
    )
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write counts, failures and durations as JSON"
    )
    return parser


def _writable(path: Path) -> Path:
    """`path` if a report can be written there: better to know before the work than after it."""
    try:
        path.open("a").close()
    except OSError as error:
        raise ConfigurationError(f"The report cannot be written to {path}: {error.strerror}.") from error
    return path


async def _once(settings: Settings, options: argparse.Namespace, report: Report, progress: Progress) -> None:
    """One run, or a rollback."""
    _end_on_sigterm()
    if not options.rollback:
        async with _worker(settings, progress) as run:
            await run(report, full=options.full, dry_run=options.dry_run)
        return
    if options.dry_run:
        raise ConfigurationError(
            "--dry-run says what a run would change: it cannot be combined with --rollback."
        )
    index = open_index(settings)
    try:
        info = await index.rollback()
    finally:
        await index.aclose()
    report.outcome, report.pages, report.chunks = "rolled_back", info.pages, info.chunks
    report.message = f"The index of {info.created_at} is live again: {info.pages} pages."


async def _follow(
    settings: Settings, options: argparse.Namespace, report_file: Path | None, progress: Progress
) -> None:
    """Run after every save, until SIGTERM or Ctrl-C."""
    # Imported here: only this needs it.
    from footnote_ingest.watch import watch

    _end_on_sigterm()
    if settings.sitemap_url or options.rollback or options.dry_run:
        raise ConfigurationError(
            "--watch follows the files of a site: it cannot be combined with a sitemap, --rollback or --dry-run."
        )
    if not settings.site_dir.is_dir():
        raise SourceError(f"The site directory {settings.site_dir} does not exist or is not a directory.")
    async with _worker(settings, progress) as run:
        first = True

        async def run_once() -> bool:
            nonlocal first
            report = Report(source="")
            try:
                await run(report, full=options.full and first, dry_run=False)
                first = False
            except FootnoteError as error:
                if first and isinstance(error, ConfigurationError):
                    raise
                report.message, report.exit_code = error.message, 2
            _tell(report, report_file, progress)
            return report.exit_code < 2

        with suppress(asyncio.CancelledError):  # being told to end is how it ends
            await watch(settings.site_dir, run_once, settings.poll_ms)


def _end_on_sigterm() -> None:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


class _Work(Protocol):
    async def __call__(self, report: Report, *, full: bool, dry_run: bool) -> None: ...


@asynccontextmanager
async def _worker(settings: Settings, progress: Progress) -> AsyncIterator[_Work]:
    """What one run after another shares: the embedder and the token counter."""
    embedder = build_embedder(settings)
    counter = LocalTokenCounter()

    async def work(report: Report, *, full: bool, dry_run: bool) -> None:
        source = _source(settings)
        report.source = source.name
        index = open_index(settings)
        log.event("ingest_started", source=source.name, index=index.engine, embedder=embedder.id)
        try:
            await ingest(
                source,
                index,
                embedder,
                counter,
                report,
                progress,
                chunk_tokens=settings.chunk_tokens,
                full=full,
                dry_run=dry_run,
            )
        finally:
            progress.close()
            await index.aclose()  # frees the lock: between two runs others may write
        report.exit_code = 1 if report.failures else 0

    try:
        yield work
    finally:
        await embedder.aclose()


def _source(settings: Settings) -> Source:
    if settings.sitemap_url:
        # Imported here: the HTML parser is not needed for a site on disk.
        from footnote_ingest.sources.sitemap import SitemapSource

        return SitemapSource(
            settings.sitemap_url,
            settings.site_url,
            cache=settings.index_path.parent / "crawl",
            private=settings.crawl_private,
        )
    return FilesSource(
        settings.site_dir, SiteUrls(settings.base_url, settings.docs_route, settings.trailing_slash)
    )


if __name__ == "__main__":
    sys.exit(main())
