"""SQLite: one file, one connection a process.

Calls take some 20 µs and are made in the event loop on purpose: a thread hop costs ten times that.
What may take long, waiting for another process that writes, is waited for without blocking the loop.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from footnote_api.databases import Row, Value
from footnote_core.errors import StorageUnavailable

PATIENCE_SECONDS = 5.0
"""How long another process's lock is waited for."""
_PAUSE_SECONDS = 0.005
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class SqliteDatabase:
    """The file at `path`, created where it does not exist; `:memory:` for none."""

    engine = "sqlite"

    def __init__(self, path: str, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._path = path
        self._patience_seconds = patience_seconds
        self._opened: sqlite3.Connection | None = None
        self._writing = asyncio.Lock()

    async def rows(self, statement: str, **values: Value) -> Sequence[Row]:
        with _named(self._path):
            return (await self._patiently(await self._open(), statement, values)).fetchall()

    @asynccontextmanager
    async def transaction(self, lock: str) -> AsyncIterator["_Transaction"]:
        """One at a time, whatever `lock` says: SQLite has one writer."""
        async with self._writing:
            with _named(self._path):
                db = await self._open()
                await self._patiently(db, "BEGIN IMMEDIATE", {})
                try:
                    yield _Transaction(db)
                    db.execute("COMMIT")
                finally:
                    if db.in_transaction:
                        db.execute("ROLLBACK")

    async def aclose(self) -> None:
        async with self._writing:  # behind those that wait to write
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    async def _open(self) -> sqlite3.Connection:
        if self._opened is None:
            if self._path != ":memory:":
                Path(self._path).parent.mkdir(parents=True, exist_ok=True)
            self._opened = sqlite3.connect(self._path, timeout=0, isolation_level=None)
            for pragma in ("foreign_keys=ON", "synchronous=NORMAL", "journal_mode=WAL"):
                await self._patiently(self._opened, f"PRAGMA {pragma}", {})
        return self._opened

    async def _patiently(
        self, db: sqlite3.Connection, statement: str, values: dict[str, Value]
    ) -> sqlite3.Cursor:
        """Execute, again and again while another process has the file locked."""
        deadline = time.monotonic() + self._patience_seconds
        while True:
            try:
                return db.execute(statement, values)
            except sqlite3.OperationalError as error:
                # Extended codes tell more in their higher bits.
                if error.sqlite_errorcode & 0xFF not in _LOCKED or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(_PAUSE_SECONDS)


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    async def rows(self, statement: str, **values: Value) -> Sequence[Row]:
        return self._db.execute(statement, values).fetchall()

    async def run(self, statement: str, **values: Value) -> int:
        return self._db.execute(statement, values).rowcount


@contextmanager
def _named(path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise StorageUnavailable(f"{path}: {error}") from error
