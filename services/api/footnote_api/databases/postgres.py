"""Postgres: a pool of connections, opened when first needed and again after the server was away."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from footnote_api.databases import Row, Value
from footnote_core.errors import StorageUnavailable

_CONNECTIONS = 8
"""A process: a server takes 100 by default."""
_SECONDS = 5.0
"""For a connection and for a statement: a reader waits."""
_NAME = re.compile(r"(?<!:):([a-z_]+)")

Connection: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"


class PostgresDatabase:
    """The database at `url`, which is `postgresql://user:password@host:port/name?options`."""

    engine = "postgres"

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()

    async def rows(self, statement: str, **values: Value) -> Sequence[Row]:
        async with self._connection() as connection:
            return await _Transaction(connection).rows(statement, **values)

    @asynccontextmanager
    async def transaction(self, lock: str) -> AsyncIterator["_Transaction"]:
        async with self._connection() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", lock)
            yield _Transaction(connection)

    async def aclose(self) -> None:
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(_SECONDS):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        with _named():
            async with self._opening:
                if self._pool is None:
                    self._pool = await asyncpg.create_pool(
                        self._url,
                        min_size=0,
                        max_size=_CONNECTIONS,
                        timeout=_SECONDS,
                        command_timeout=_SECONDS,
                    )
            async with self._pool.acquire(timeout=_SECONDS) as connection:
                yield connection


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except asyncpg.PostgresError as error:
        raise StorageUnavailable(f"Postgres: {error}") from error
    except (OSError, TimeoutError, asyncpg.InterfaceError) as error:
        # Its text may hold the address with the password.
        raise StorageUnavailable(f"Postgres cannot be reached ({type(error).__name__})") from error


class _Transaction:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def rows(self, statement: str, **values: Value) -> Sequence[Row]:
        numbered, names = _numbered(statement)
        return await self._connection.fetch(numbered, *(values[name] for name in names))

    async def run(self, statement: str, **values: Value) -> int:
        numbered, names = _numbered(statement)
        status = await self._connection.execute(numbered, *(values[name] for name in names))
        count = status.rpartition(" ")[2]  # as in "INSERT 0 1" or "CREATE TABLE"
        return int(count) if count.isdecimal() else 0


@lru_cache(maxsize=256)
def _numbered(statement: str) -> tuple[str, tuple[str, ...]]:
    """The statement with `$1` for its first name and so on, and the names in that order."""
    names = tuple(dict.fromkeys(_NAME.findall(statement)))
    return _NAME.sub(lambda match: f"${names.index(match[1]) + 1}", statement), names
