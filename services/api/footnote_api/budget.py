"""What the language model may read and write in a day, for all workers and hosts that share a database.

A call takes the most that it may need before the model is asked, and gives back what it did not use.
So the budget holds however many calls are made at once; what a killed worker took stays taken.
"""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import anyio

from footnote_api.answerers.usage import Spend, Usage
from footnote_api.databases import Database
from footnote_core import log
from footnote_core.errors import StorageUnavailable, UpstreamError

_DAY_SECONDS = 86400
_REMEMBERED_DAYS = 31
_BYTES_OF_A_TOKEN = 3
"""Fewer than there are on average: an estimate should rather be too high."""


class Budget(Protocol):
    """Asked before each call of a language model."""

    def call(self, most: int) -> AbstractAsyncContextManager[Spend]:
        """Call the model inside, and tell what is yielded what it cost.

        `most` is the number of tokens that it may cost. Raises UpstreamError where they are not left.
        """


class Unlimited:
    """Allows everything."""

    def __init__(self, spend: Spend = lambda _: None) -> None:
        self._spend = spend

    @asynccontextmanager
    async def call(self, most: int) -> AsyncIterator[Spend]:
        yield self._spend


class DailyBudget:
    """`daily_tokens` for each day of UTC; passes on what was spent. `clock` returns Unix seconds."""

    def __init__(
        self, database: Database, daily_tokens: int, spend: Spend, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._daily_tokens = daily_tokens
        self._spend = spend
        self._clock = clock

    @asynccontextmanager
    async def call(self, most: int) -> AsyncIterator[Spend]:
        day = int(self._clock() // _DAY_SECONDS)
        try:
            await self._take(day, most)
        except StorageUnavailable as error:
            log.warning("budget_unknown", reason=error.reason)
            message = "What the language model has cost today cannot be read."
            raise UpstreamError(message, {"kind": "budget"}) from error
        left = most

        def spend(usage: Usage) -> None:
            nonlocal left
            left -= usage.input_tokens + usage.output_tokens
            self._spend(usage)

        try:
            yield spend
        finally:
            with anyio.CancelScope(shield=True):
                await self._give_back(day, left)

    async def _take(self, day: int, most: int) -> None:
        async with self._database.transaction("spending") as transaction:
            rows = await transaction.rows("SELECT tokens FROM spending WHERE day = :day", day=day)
            if not rows:
                await transaction.run("DELETE FROM spending WHERE day < :day", day=day - _REMEMBERED_DAYS)
            if most + (rows[0][0] if rows else 0) > self._daily_tokens:
                message = "The language model has answered as much as it may in a day."
                raise UpstreamError(message, {"kind": "budget"})
            await transaction.run(
                "INSERT INTO spending (day, tokens) VALUES (:day, :most) "
                "ON CONFLICT (day) DO UPDATE SET tokens = spending.tokens + excluded.tokens",
                day=day,
                most=most,
            )

    async def _give_back(self, day: int, tokens: int) -> None:
        try:
            async with self._database.transaction("spending") as transaction:
                await transaction.run(
                    "UPDATE spending SET tokens = tokens - :tokens WHERE day = :day", tokens=tokens, day=day
                )
        except StorageUnavailable as error:
            log.warning("budget_not_settled", tokens=tokens, reason=error.reason)


def estimated_tokens(texts: Sequence[str]) -> int:
    """About how many tokens the texts are, rather too many than too few."""
    return sum(len(text.encode()) // _BYTES_OF_A_TOKEN + 1 for text in texts)
