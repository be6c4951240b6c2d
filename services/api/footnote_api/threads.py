"""Conversations in SQLite, always seen through the eyes of one owner.

Rows keep ChatKit's own JSON. `seq` gives the order: times may tie, ids are random. Calls are short
(some 50 µs) and synchronous on purpose: a thread hop would cost more than the call.
"""

import secrets
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from chatkit.types import FeedbackKind, Page, ThreadItem, ThreadMetadata
from pydantic import TypeAdapter

from footnote_core.errors import ConfigurationError, NotFound

MAX_ITEMS = 400
"""Items of one conversation; a new one must be started afterwards."""

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
"""Most rows of one page; ChatKit's client asks for 9,999."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS threads (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    id    TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    body  TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS threads_by_owner ON threads (owner, seq);
CREATE TABLE IF NOT EXISTS items (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    id     TEXT NOT NULL UNIQUE,
    thread TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    body   TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS items_by_thread ON items (thread, seq);
CREATE TABLE IF NOT EXISTS feedback (
    item TEXT PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    at   TEXT NOT NULL
);
"""

_THREADS = {
    "asc": "SELECT body FROM threads WHERE owner = :scope AND seq > coalesce("
    "(SELECT seq FROM threads WHERE id = :after), 0) ORDER BY seq LIMIT :limit",
    "desc": "SELECT body FROM threads WHERE owner = :scope AND seq < coalesce("
    "(SELECT seq FROM threads WHERE id = :after), 9223372036854775807) ORDER BY seq DESC LIMIT :limit",
}
_ITEMS = {
    "asc": "SELECT body FROM items WHERE thread = :scope AND seq > coalesce("
    "(SELECT seq FROM items WHERE id = :after), 0) ORDER BY seq LIMIT :limit",
    "desc": "SELECT body FROM items WHERE thread = :scope AND seq < coalesce("
    "(SELECT seq FROM items WHERE id = :after), 9223372036854775807) ORDER BY seq DESC LIMIT :limit",
}

Order = Literal["asc", "desc"]
_ITEM: TypeAdapter[ThreadItem] = TypeAdapter(ThreadItem)


def new_id(prefix: str) -> str:
    """A 128-bit id that nobody can guess."""
    return f"{prefix}_{secrets.token_hex(16)}"


def database_path(database_url: str) -> str:
    """The file of `sqlite:///relative`, `sqlite:////absolute` or `sqlite:///:memory:`."""
    return database_url.removeprefix("sqlite:///") or ":memory:"


class Threads:
    """The conversation store. Open it after the worker's fork: a connection cannot be shared."""

    def __init__(self, path: str) -> None:
        """Open or create the file at `path`; ConfigurationError where that is impossible."""
        try:
            if path != ":memory:":
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None)
            for pragma in ("busy_timeout=5000", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
                self._db.execute(f"PRAGMA {pragma}")
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(
                f"FOOTNOTE_DATABASE_URL: conversations cannot be stored in {path} ({error}). "
                "Name a file in a folder that this user may write to."
            ) from error

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        """One transaction: everything inside is stored, or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")

    # Threads ------------------------------------------------------------------------------------

    def save_thread(self, owner: str, thread: ThreadMetadata) -> None:
        """Store a new thread, or the changed title or status of one that `owner` has."""
        body = thread.model_dump_json(exclude={"items"})
        self._db.execute(
            "INSERT INTO threads (id, owner, body) VALUES (?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET body = excluded.body WHERE owner = excluded.owner",
            (thread.id, owner, body),
        )

    def thread(self, owner: str, thread_id: str) -> ThreadMetadata:
        """The thread without its items; NotFound where it is missing or another owner's."""
        row = self._db.execute(
            "SELECT body FROM threads WHERE id = ? AND owner = ?", (thread_id, owner)
        ).fetchone()
        if row is None:
            raise NotFound("This conversation does not exist any more. Start a new one.")
        return ThreadMetadata.model_validate_json(row[0])

    def threads(self, owner: str, limit: int | None, after: str | None, order: Order) -> Page[ThreadMetadata]:
        """One page of the owner's threads, ordered by when they were started."""
        if after is not None:
            self.thread(owner, after)
        bodies, has_more = self._page(_THREADS[order], owner, after, limit)
        data = [ThreadMetadata.model_validate_json(body) for body in bodies]
        return Page(data=data, has_more=has_more, after=data[-1].id if has_more else None)

    def delete_thread(self, owner: str, thread_id: str) -> None:
        """Delete the thread with its items and feedback."""
        if not self._db.execute(
            "DELETE FROM threads WHERE id = ? AND owner = ?", (thread_id, owner)
        ).rowcount:
            raise NotFound("This conversation does not exist any more.")

    # Items --------------------------------------------------------------------------------------

    def save_item(self, owner: str, item: ThreadItem) -> None:
        """Store an item, or replace the one with its id."""
        self.thread(owner, item.thread_id)
        self._db.execute(
            "INSERT INTO items (id, thread, body) VALUES (?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET body = excluded.body WHERE thread = excluded.thread",
            (item.id, item.thread_id, _ITEM.dump_json(item).decode()),
        )

    def item(self, owner: str, thread_id: str, item_id: str) -> ThreadItem:
        """One item; NotFound where the thread is not the owner's or does not have it."""
        row = self._db.execute(
            "SELECT items.body FROM items JOIN threads ON threads.id = items.thread "
            "WHERE items.id = ? AND items.thread = ? AND threads.owner = ?",
            (item_id, thread_id, owner),
        ).fetchone()
        if row is None:
            raise NotFound("This message does not exist any more.")
        return _ITEM.validate_json(row[0])

    def items(
        self, owner: str, thread_id: str, limit: int | None, after: str | None, order: Order
    ) -> Page[ThreadItem]:
        """One page of a thread's items."""
        self.thread(owner, thread_id)
        if after is not None:
            self.item(owner, thread_id, after)
        bodies, has_more = self._page(_ITEMS[order], thread_id, after, limit)
        data = [_ITEM.validate_json(body) for body in bodies]
        return Page(data=data, has_more=has_more, after=data[-1].id if has_more else None)

    def count_items(self, owner: str, thread_id: str) -> int:
        """How many items the thread has."""
        self.thread(owner, thread_id)
        return int(
            self._db.execute("SELECT count(*) FROM items WHERE thread = ?", (thread_id,)).fetchone()[0]
        )

    def delete_items_after(self, owner: str, thread_id: str, item_id: str) -> None:
        """Delete what follows an item, which itself stays."""
        self.item(owner, thread_id, item_id)
        self._db.execute(
            "DELETE FROM items WHERE thread = ? AND seq > (SELECT seq FROM items WHERE id = ?)",
            (thread_id, item_id),
        )

    def save_feedback(self, owner: str, thread_id: str, item_ids: Iterable[str], kind: FeedbackKind) -> None:
        """Note a reader's vote on items; the last vote counts."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        with self:
            for item_id in item_ids:
                self.item(owner, thread_id, item_id)
                self._db.execute(
                    "INSERT INTO feedback (item, kind, at) VALUES (?, ?, ?) "
                    "ON CONFLICT (item) DO UPDATE SET kind = excluded.kind, at = excluded.at",
                    (item_id, kind, at),
                )

    def feedback(self, owner: str, thread_id: str) -> dict[str, str]:
        """Item id -> last vote, for the items of one thread that have one."""
        self.thread(owner, thread_id)
        rows = self._db.execute(
            "SELECT item, kind FROM feedback JOIN items ON items.id = feedback.item WHERE items.thread = ?",
            (thread_id,),
        )
        return dict(rows.fetchall())

    def _page(self, query: str, scope: str, after: str | None, limit: int | None) -> tuple[list[str], bool]:
        """Bodies of at most `limit` rows, and whether there are more."""
        size = min(max(limit or DEFAULT_LIMIT, 1), MAX_LIMIT)
        values = {"scope": scope, "after": after, "limit": size + 1}
        rows = [row[0] for row in self._db.execute(query, values)]
        return rows[:size], len(rows) > size


def check_writable(path: str) -> None:
    """Open, create and close the store once, before workers start; ConfigurationError if it fails."""
    with closing(Threads(path)):
        pass
