"""Conversations, always seen through the eyes of one owner.

Rows keep ChatKit's own JSON. `seq` gives the order: times may tie, ids are random. All writes of one
owner lock each other out, so that what is counted before a write still holds after it.
"""

import re
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from chatkit.types import FeedbackKind as FeedbackKind
from chatkit.types import Page, ThreadItem, ThreadMetadata
from pydantic import TypeAdapter

from footnote_api.databases import Database, Row, Transaction
from footnote_core.errors import NotFound, TooLarge

MAX_THREADS = 200
"""Conversations of one owner."""

MAX_ITEMS = 400
"""Items of one conversation; a new one must be started afterwards."""

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
"""Most rows of one page; ChatKit's client asks for 9,999."""

_DELETED_TOGETHER = 500
"""Conversations deleted in one transaction: writers of other requests wait meanwhile."""

_THREADS = {
    "asc": "SELECT body FROM threads WHERE owner = :scope AND seq > coalesce("
    "(SELECT seq FROM threads WHERE id = :after), 0) ORDER BY seq LIMIT :size",
    "desc": "SELECT body FROM threads WHERE owner = :scope AND seq < coalesce("
    "(SELECT seq FROM threads WHERE id = :after), 9223372036854775807) ORDER BY seq DESC LIMIT :size",
}
_ITEMS = {
    "asc": "SELECT body FROM items WHERE thread = :scope AND seq > coalesce("
    "(SELECT seq FROM items WHERE id = :after), 0) ORDER BY seq LIMIT :size",
    "desc": "SELECT body FROM items WHERE thread = :scope AND seq < coalesce("
    "(SELECT seq FROM items WHERE id = :after), 9223372036854775807) ORDER BY seq DESC LIMIT :size",
}

Order = Literal["asc", "desc"]
Reason = Literal["wrong", "incomplete", "outdated", "unclear", "other"]
_ITEM: TypeAdapter[ThreadItem] = TypeAdapter(ThreadItem)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Of ours. Nothing else is looked for: Postgres refuses some characters that JSON allows."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """A reader's vote on an answer; `at` is RFC 3339, UTC."""

    kind: FeedbackKind
    reason: Reason | None = None
    comment: str | None = None
    at: str = ""


def new_id(prefix: str) -> str:
    """A 128-bit id that nobody can guess."""
    return f"{prefix}_{secrets.token_hex(16)}"


class Threads:
    """The conversation store. `clock` returns Unix seconds.

    Every method raises NotFound for what does not exist or is another owner's, and
    StorageUnavailable where the database fails.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    # Threads ------------------------------------------------------------------------------------

    async def add_thread(self, owner: str, thread: ThreadMetadata, first: ThreadItem) -> None:
        """Store a new thread with its first item; TooLarge where the owner has too many."""
        async with self._database.transaction(owner) as transaction:
            counted = "SELECT count(*) FROM threads WHERE owner = :owner"
            (row,) = await transaction.rows(counted, owner=owner)
            if row[0] >= MAX_THREADS:
                raise TooLarge(
                    f"There are {MAX_THREADS} conversations already. Delete one first.",
                    {"max_threads": MAX_THREADS},
                )
            await transaction.run(
                "INSERT INTO threads (id, owner, body, used_at) VALUES (:id, :owner, :body, :now)",
                id=thread.id,
                owner=owner,
                body=thread.model_dump_json(exclude={"items"}),
                now=self._now(),
            )
            await _insert(transaction, first)

    async def save_thread(self, owner: str, thread: ThreadMetadata) -> None:
        """Store the changed title or status of a thread."""
        async with self._database.transaction(owner) as transaction:
            await self._use(transaction, owner, thread.id)
            await transaction.run(
                "UPDATE threads SET body = :body WHERE id = :id",
                id=thread.id,
                body=thread.model_dump_json(exclude={"items"}),
            )

    async def thread(self, owner: str, thread_id: str) -> ThreadMetadata:
        """The thread without its items."""
        rows = await self._database.rows(
            "SELECT body FROM threads WHERE id = :id AND owner = :owner", id=_known(thread_id), owner=owner
        )
        if not rows:
            raise _no_thread()
        return ThreadMetadata.model_validate_json(rows[0][0])

    async def threads(
        self, owner: str, limit: int | None, after: str | None, order: Order
    ) -> Page[ThreadMetadata]:
        """One page of the owner's threads, ordered by when they were started."""
        if after is not None:
            await self.thread(owner, after)
        bodies, has_more = await self._page(_THREADS[order], owner, after, limit)
        data = [ThreadMetadata.model_validate_json(body) for body in bodies]
        return Page(data=data, has_more=has_more, after=data[-1].id if has_more else None)

    async def delete_thread(self, owner: str, thread_id: str) -> None:
        """Delete the thread with its items and feedback."""
        async with self._database.transaction(owner) as transaction:
            deleted = "DELETE FROM threads WHERE id = :id AND owner = :owner"
            if not await transaction.run(deleted, id=_known(thread_id), owner=owner):
                raise _no_thread()

    async def delete_unused(self, days: int) -> int:
        """Delete the threads of all owners that were not used for `days`; returns how many there were."""
        before = self._now() - days * 86400
        total = 0
        while True:
            async with self._database.transaction("retention") as transaction:
                deleted = await transaction.run(
                    "DELETE FROM threads WHERE seq IN "
                    "(SELECT seq FROM threads WHERE used_at < :before ORDER BY used_at LIMIT :size)",
                    before=before,
                    size=_DELETED_TOGETHER,
                )
            total += deleted
            if deleted < _DELETED_TOGETHER:
                return total

    # Items --------------------------------------------------------------------------------------

    async def add_item(self, owner: str, item: ThreadItem, *, answers: int = 0) -> None:
        """Store an item at the end of its thread; TooLarge where it and `answers` more do not fit in."""
        async with self._database.transaction(owner) as transaction:
            await self._use(transaction, owner, item.thread_id)
            counted = "SELECT count(*) FROM items WHERE thread = :thread"
            (row,) = await transaction.rows(counted, thread=item.thread_id)
            if row[0] + 1 + answers > MAX_ITEMS:
                raise TooLarge("This conversation is full. Start a new one.", {"max_items": MAX_ITEMS})
            await _insert(transaction, item)

    async def item(self, owner: str, thread_id: str, item_id: str) -> ThreadItem:
        """One item of a thread."""
        rows = await self._database.rows(
            "SELECT items.body FROM items JOIN threads ON threads.id = items.thread "
            "WHERE items.id = :id AND items.thread = :thread AND threads.owner = :owner",
            id=_known(item_id),
            thread=_known(thread_id),
            owner=owner,
        )
        if not rows:
            raise _no_item()
        return _ITEM.validate_json(rows[0][0])

    async def items(
        self, owner: str, thread_id: str, limit: int | None, after: str | None, order: Order
    ) -> Page[ThreadItem]:
        """One page of a thread's items."""
        await self.thread(owner, thread_id)
        if after is not None:
            await self.item(owner, thread_id, after)
        bodies, has_more = await self._page(_ITEMS[order], thread_id, after, limit)
        data = [_ITEM.validate_json(body) for body in bodies]
        return Page(data=data, has_more=has_more, after=data[-1].id if has_more else None)

    async def delete_items_after(self, owner: str, thread_id: str, item_id: str) -> None:
        """Delete what follows an item, which itself stays."""
        async with self._database.transaction(owner) as transaction:
            await self._use(transaction, owner, thread_id)
            await _check_item(transaction, thread_id, item_id)
            await transaction.run(
                "DELETE FROM items WHERE thread = :thread AND seq > (SELECT seq FROM items WHERE id = :id)",
                thread=thread_id,
                id=item_id,
            )

    async def save_feedback(
        self, owner: str, thread_id: str, item_ids: Iterable[str], feedback: Feedback
    ) -> None:
        """Note a reader's vote on items; the last vote counts."""
        at = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        async with self._database.transaction(owner) as transaction:
            await self._use(transaction, owner, thread_id)
            for item_id in item_ids:
                await _check_item(transaction, thread_id, item_id)
                await transaction.run(
                    "INSERT INTO feedback (item, kind, reason, comment, at) "
                    "VALUES (:item, :kind, :reason, :comment, :at) "
                    "ON CONFLICT (item) DO UPDATE SET kind = excluded.kind, reason = excluded.reason, "
                    "comment = excluded.comment, at = excluded.at",
                    item=item_id,
                    kind=feedback.kind,
                    reason=feedback.reason,
                    comment=feedback.comment,
                    at=at,
                )

    async def feedback(self, owner: str, thread_id: str) -> dict[str, Feedback]:
        """Item id -> last vote, for the items of one thread that have one."""
        rows = await self._database.rows(
            "SELECT feedback.item, feedback.kind, feedback.reason, feedback.comment, feedback.at "
            "FROM feedback JOIN items ON items.id = feedback.item JOIN threads ON threads.id = items.thread "
            "WHERE threads.id = :thread AND threads.owner = :owner",
            thread=_known(thread_id),
            owner=owner,
        )
        return {row[0]: Feedback(row[1], row[2], row[3], row[4]) for row in rows}

    # --------------------------------------------------------------------------------------------

    def _now(self) -> int:
        return int(self._clock())

    async def _use(self, transaction: Transaction, owner: str, thread_id: str) -> None:
        """Note that the thread is used; this also keeps others from deleting it meanwhile."""
        used = "UPDATE threads SET used_at = :now WHERE id = :id AND owner = :owner"
        if not await transaction.run(used, now=self._now(), id=_known(thread_id), owner=owner):
            raise _no_thread()

    async def _page(
        self, query: str, scope: str, after: str | None, limit: int | None
    ) -> tuple[list[str], bool]:
        """Bodies of at most `limit` rows, and whether there are more."""
        size = min(max(limit or DEFAULT_LIMIT, 1), MAX_LIMIT)
        rows: Sequence[Row] = await self._database.rows(query, scope=scope, after=after, size=size + 1)
        return [row[0] for row in rows[:size]], len(rows) > size


async def _insert(transaction: Transaction, item: ThreadItem) -> None:
    await transaction.run(
        "INSERT INTO items (id, thread, body) VALUES (:id, :thread, :body)",
        id=item.id,
        thread=item.thread_id,
        body=_ITEM.dump_json(item).decode(),
    )


async def _check_item(transaction: Transaction, thread_id: str, item_id: str) -> None:
    found = "SELECT 1 FROM items WHERE id = :id AND thread = :thread"
    if not await transaction.rows(found, id=_known(item_id), thread=thread_id):
        raise _no_item()


def _known(given: str) -> str:
    """`given`, which may be an id; NotFound where it cannot be one."""
    if _ID.fullmatch(given) is None:
        raise NotFound("This conversation or message does not exist.")
    return given


def _no_thread() -> NotFound:
    return NotFound("This conversation does not exist any more. Start a new one.")


def _no_item() -> NotFound:
    return NotFound("This message does not exist any more.")
