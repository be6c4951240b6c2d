"""The database port: short statements that SQLite and Postgres both understand, written once.

A statement names its values as `:name`. Both engines raise StorageUnavailable, and nothing else,
when they cannot do what they are asked.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from footnote_api.databases.migrations import migrate
from footnote_core import log
from footnote_core.errors import ConfigurationError, StorageUnavailable

Value = str | int | None


class Row(Protocol):
    """The values of one row, by their place."""

    def __getitem__(self, place: int, /) -> Any: ...


class Transaction(Protocol):
    """Statements that are carried out together, or not at all."""

    async def rows(self, statement: str, **values: Value) -> Sequence[Row]:
        """All rows of a SELECT, or of a statement with RETURNING."""

    async def run(self, statement: str, **values: Value) -> int:
        """The number of rows that the statement changed."""


class Database(Protocol):
    """One database, shared by all requests of a process. Open it after the worker's fork."""

    engine: str

    async def rows(self, statement: str, **values: Value) -> Sequence[Row]:
        """All rows of one SELECT, outside of a transaction."""

    def transaction(self, lock: str) -> AbstractAsyncContextManager[Transaction]:
        """A transaction. Of those with the same `lock` one runs at a time, in whichever process.

        Await nothing but its own statements inside: others wait.
        """

    async def aclose(self) -> None:
        """Close the connections."""


async def open_database(url: str) -> Database:
    """The database at `url`, with the tables of this version.

    A Postgres server that does not answer is tried again at the first request. Raises
    ConfigurationError for everything that waiting does not cure.
    """
    database = _at(url)
    try:
        await migrate(database)
    except StorageUnavailable as error:
        if database.engine == "sqlite":
            await database.aclose()
            raise _cannot_be_used(error) from error
        log.warning("database_not_reachable", engine=database.engine, reason=error.reason)
    except ConfigurationError:
        await database.aclose()
        raise
    return database


async def check_database(url: str) -> None:
    """Open, migrate and close the database once, before workers start; ConfigurationError if it fails."""
    database = _at(url)
    try:
        await migrate(database)
    except StorageUnavailable as error:
        raise _cannot_be_used(error) from error
    finally:
        await database.aclose()


def _at(url: str) -> Database:
    if url.startswith("sqlite:///"):
        from footnote_api.databases.sqlite import SqliteDatabase

        return SqliteDatabase(url.removeprefix("sqlite:///") or ":memory:")
    from footnote_api.databases.postgres import PostgresDatabase

    return PostgresDatabase(url)


def _cannot_be_used(error: StorageUnavailable) -> ConfigurationError:
    return ConfigurationError(f"FOOTNOTE_DATABASE_URL: conversations cannot be stored there: {error.reason}.")
