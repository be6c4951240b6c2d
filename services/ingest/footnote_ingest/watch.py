"""Runs the job again whenever a file of the site is saved."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from math import inf
from pathlib import Path

from watchfiles import Change, awatch

from footnote_core import log

_QUIET_MS = 300
"""A run begins when nothing was saved for so long: editors and `git checkout` write many files at once."""
_PATIENCE_MS = 3000
"""It begins after this time even if files never stop changing."""
_TICK_MS = 1000
_POLL_MS = 1000
_RETRY_SECONDS = (2.0, 60.0)
"""A run that failed is repeated after the first time; it doubles with every failure up to the second."""

_SUFFIXES = frozenset(
    (".md", ".mdx", ".json", ".js", ".ts", ".mjs", ".cjs", ".mts", ".cts", ".jsx", ".tsx", ".yml", ".yaml")
)
"""Pages, and what decides where they are published. Of a save that changes nothing a run finds just that."""

Run = Callable[[], Awaitable[bool]]
"""One run of the job; whether it succeeded."""


async def watch(site: Path, run: Run, poll_ms: int | None) -> None:
    """Run within a second and then after every change below `site`, until cancelled.

    poll_ms  look at the files that often instead of asking the system to tell of changes, as some network
             and container file systems never do
    """
    clock = asyncio.get_running_loop().time
    delay, retry_at = _RETRY_SECONDS[0], inf
    async for changed in _changes(site, poll_ms):
        if not changed and clock() < retry_at:
            continue
        if await run():
            delay, retry_at = _RETRY_SECONDS[0], inf
        else:
            retry_at, delay = clock() + delay, min(2 * delay, _RETRY_SECONDS[1])


async def _changes(site: Path, poll_ms: int | None) -> AsyncIterator[bool]:
    """True after changes, False every second without one.

    The first is True: by then the watch has begun, so no save falls between it and the first run.
    """
    while True:
        changed = True
        watched = frozenset(_watched(site))
        try:
            async for changes in awatch(
                *watched,
                watch_filter=_matters,
                debounce=_PATIENCE_MS,
                step=_QUIET_MS,
                rust_timeout=_TICK_MS,
                yield_on_timeout=True,
                force_polling=poll_ms is not None,
                poll_delay_ms=poll_ms or _POLL_MS,
            ):
                yield changed or bool(changes)
                changed = False
                if frozenset(_watched(site)) != watched:
                    break
        except OSError as error:
            if poll_ms is not None:
                raise
            log.warning(
                "watch_polls", message=f"The system cannot tell of changes ({error}); looking instead."
            )
            poll_ms = _POLL_MS


def _watched(site: Path) -> Iterator[Path]:
    """What to watch below `site`: dependencies and builds are large and change without being edited."""
    yield from (
        path for path in site.iterdir() if _watchable(path.name) and (path.is_dir() or _is_text(path))
    )


def _matters(change: Change, path: str) -> bool:
    """Hidden folders are caches, among them the index itself."""
    return _is_text(Path(path)) and all(_watchable(part) for part in Path(path).parts[1:])


def _watchable(name: str) -> bool:
    return not name.startswith(".") and name not in ("node_modules", "build")


def _is_text(path: Path) -> bool:
    return path.suffix in _SUFFIXES
