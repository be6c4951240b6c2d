"""Deletes conversations that nobody has used for long, every hour."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from footnote_api.threads import Threads
from footnote_core import log
from footnote_core.errors import StorageUnavailable

INTERVAL_SECONDS = 3600.0
_FIRST_SECONDS = 600.0
"""After a start the clock of a machine may still be wrong."""
_JUMP_SECONDS = 3600.0
"""A clock that differs by more from the time that passed was set: wait until it can be trusted again."""
_POSTPONED = 24
"""Intervals."""


async def delete_unused(
    threads: Threads,
    days: int,
    *,
    clock: Callable[[], float] = time.time,
    passed: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Delete for ever, until cancelled; at once where `days` is 0.

    clock   Unix seconds, which an operator or the network may set
    passed  seconds that nobody can set
    """
    if days == 0:
        return
    # Workers that start together do not clean together.
    await sleep(_FIRST_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
    offset = clock() - passed()
    while True:
        jumped = abs(clock() - passed() - offset) > _JUMP_SECONDS
        if jumped:
            log.warning("retention_postponed", reason="The clock of this machine was set.")
            offset = clock() - passed()
        else:
            await _delete(threads, days)
        await sleep(INTERVAL_SECONDS * (_POSTPONED if jumped else 1))


async def _delete(threads: Threads, days: int) -> None:
    try:
        if deleted := await threads.delete_unused(days):
            log.event("conversations_deleted", count=deleted, unused_days=days)
    except StorageUnavailable as error:
        log.warning("retention_failed", reason=error.reason)
