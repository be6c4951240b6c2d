"""Deleting old conversations again and again, and never because a clock was set."""

import asyncio
import logging

import pytest

from footnote_api.databases import open_database
from footnote_api.databases.sqlite import SqliteDatabase
from footnote_api.retention import INTERVAL_SECONDS, delete_unused
from footnote_api.threads import Threads
from tests.contract.test_threads import item, thread

DAY = 86400.0


class Time:
    """A clock on the wall and one that nobody can set; `sleep` moves both, up to `hours` times."""

    def __init__(self, rounds: int) -> None:
        self.wall = 1_800_000_000.0
        self.passed = 500.0
        self.slept: list[float] = []
        self.rounds = rounds
        self.jumps: dict[int, float] = {}

    async def sleep(self, seconds: float) -> None:
        if len(self.slept) == self.rounds:
            raise asyncio.CancelledError
        self.wall += seconds + self.jumps.get(len(self.slept), 0.0)
        self.passed += seconds
        self.slept.append(seconds)


async def run(threads: Threads, time: Time, days: int = 1) -> None:
    with pytest.raises(asyncio.CancelledError):
        await delete_unused(
            threads, days, clock=lambda: time.wall, passed=lambda: time.passed, sleep=time.sleep
        )


async def count(threads: Threads) -> int:
    return len((await threads.threads("ann", None, None, "asc")).data)


async def test_conversations_go_when_they_are_old_enough() -> None:
    database = await open_database("sqlite:///:memory:")
    time = Time(rounds=20)
    threads = Threads(database, lambda: time.wall)
    await threads.add_thread("ann", thread(), item("msg_1"))
    await run(threads, time)
    assert await count(threads) == 1
    await run(threads, Time(rounds=0))
    time.rounds = 30
    await run(threads, time)
    assert await count(threads) == 0
    assert set(time.slept[1:20]) == {INTERVAL_SECONDS}
    await database.aclose()


async def test_a_clock_that_jumps_deletes_nothing_at_once(caplog: pytest.LogCaptureFixture) -> None:
    database = await open_database("sqlite:///:memory:")
    time = Time(rounds=4)
    threads = Threads(database, lambda: time.wall)
    await threads.add_thread("ann", thread(), item("msg_1"))
    time.jumps = {2: 400 * DAY, 3: -400 * DAY}  # set wrong, and right again within the day
    with caplog.at_level(logging.WARNING, "footnote"):
        await run(threads, time)
    assert await count(threads) == 1
    assert [record.getMessage() for record in caplog.records] == ["retention_postponed"] * 2
    assert time.slept[3] == 24 * INTERVAL_SECONDS
    await database.aclose()


async def test_zero_days_keep_everything() -> None:
    database = await open_database("sqlite:///:memory:")
    await delete_unused(Threads(database), 0)
    await database.aclose()


async def test_a_database_that_fails_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    threads = Threads(SqliteDatabase("/proc/none/threads.db"))
    time = Time(rounds=3)
    with caplog.at_level(logging.WARNING, "footnote"):
        await run(threads, time)
    assert [record.getMessage() for record in caplog.records] == ["retention_failed"] * 3
