"""The conversation store on both databases: order, owners, limits, age, several processes."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chatkit.types import InferenceOptions, ThreadMetadata, UserMessageItem, UserMessageTextContent

from footnote_api.databases import Database, open_database
from footnote_api.threads import MAX_ITEMS, MAX_THREADS, Feedback, Threads, new_id
from footnote_core.errors import NotFound, TooLarge

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = 86400


class Clock:
    def __init__(self) -> None:
        self.now = NOW.timestamp()

    def __call__(self) -> float:
        return self.now


def thread(thread_id: str = "thr_1", title: str | None = None) -> ThreadMetadata:
    return ThreadMetadata(id=thread_id, created_at=NOW, title=title)


def item(item_id: str, thread_id: str = "thr_1", text: str = "hello") -> UserMessageItem:
    return UserMessageItem(
        id=item_id,
        thread_id=thread_id,
        created_at=NOW,
        content=[UserMessageTextContent(text=text)],
        inference_options=InferenceOptions(),
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def threads(database: Database, clock: Clock) -> Threads:
    """Ann has one conversation with one message."""
    store = Threads(database, clock)
    await store.add_thread("ann", thread(), item("msg_first"))
    return store


async def counts(database: Database) -> list[int]:
    tables = ("threads", "items", "feedback")
    return [(await database.rows(f"SELECT count(*) FROM {table}"))[0][0] for table in tables]


async def ids(threads: Threads, order: str = "asc") -> list[str]:
    page = await threads.items("ann", "thr_1", 100, None, order)  # type: ignore[arg-type]
    return [one.id for one in page.data]


async def test_items_keep_the_order_in_which_they_came(threads: Threads) -> None:
    added = [f"msg_{n:03}" for n in (5, 3, 9, 1)]
    for item_id in added:
        await threads.add_item("ann", item(item_id))
    assert await ids(threads) == ["msg_first", *added]
    assert await ids(threads, "desc") == [*added[::-1], "msg_first"]


async def test_pages_follow_each_other_without_gap(threads: Threads) -> None:
    for n in range(6):
        await threads.add_item("ann", item(f"msg_{n}"))
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = await threads.items("ann", "thr_1", 3, after, "desc")
        seen += [one.id for one in page.data]
        after = page.after
    assert seen == [*(f"msg_{n}" for n in reversed(range(6))), "msg_first"]
    assert after is None
    with pytest.raises(NotFound):
        await threads.items("ann", "thr_1", 3, "msg_99", "desc")


@pytest.mark.parametrize("limit", [0, -5, 10**30])
async def test_limits_are_clamped(threads: Threads, limit: int) -> None:
    for n in range(120):
        await threads.add_item("ann", item(f"msg_{n}"))
    assert 1 <= len((await threads.items("ann", "thr_1", limit, None, "asc")).data) <= 100


@pytest.mark.parametrize(
    "text", ["naïve 🎨 日本", "\x00\x01\x7f", "quotes \" ' ; DROP TABLE items; --", ":name $1 %s"]
)
async def test_any_text_is_kept_as_it_was(threads: Threads, text: str) -> None:
    await threads.add_item("ann", item("msg_1", text=text))
    assert await threads.item("ann", "thr_1", "msg_1") == item("msg_1", text=text)
    await threads.save_thread("ann", thread(title=text))
    assert (await threads.thread("ann", "thr_1")).title == text


async def test_another_owner_can_neither_read_nor_write(threads: Threads) -> None:
    await threads.add_item("ann", item("msg_1"))
    await threads.add_thread("eve", thread("thr_2"), item("msg_2", "thr_2"))
    for attempt in (
        threads.thread("eve", "thr_1"),
        threads.items("eve", "thr_1", None, None, "asc"),
        threads.items("eve", "thr_2", None, "msg_1", "asc"),
        threads.threads("eve", None, "thr_1", "asc"),
        threads.item("eve", "thr_1", "msg_1"),
        threads.item("eve", "thr_2", "msg_1"),
        threads.add_item("eve", item("msg_3")),
        threads.save_thread("eve", thread(title="mine")),
        threads.save_feedback("eve", "thr_1", ["msg_1"], Feedback("positive")),
        threads.save_feedback("eve", "thr_2", ["msg_1"], Feedback("positive")),
        threads.delete_items_after("eve", "thr_1", "msg_first"),
        threads.delete_items_after("eve", "thr_2", "msg_first"),
        threads.delete_thread("eve", "thr_1"),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await threads.feedback("eve", "thr_1") == {}
    assert await ids(threads) == ["msg_first", "msg_1"]
    assert (await threads.thread("ann", "thr_1")).title is None


@pytest.mark.parametrize("strange", ["", "thr_\x00", "thr_é", "a/../b", "x" * 5_000, "' OR 1=1 --", "\ud800"])
async def test_what_cannot_be_an_id_is_not_found(threads: Threads, strange: str) -> None:
    for attempt in (
        threads.thread("ann", strange),
        threads.item("ann", "thr_1", strange),
        threads.items("ann", strange, None, None, "asc"),
        threads.threads("ann", None, strange, "asc"),
        threads.delete_thread("ann", strange),
        threads.delete_items_after("ann", "thr_1", strange),
        threads.save_feedback("ann", "thr_1", [strange], Feedback("positive")),
        threads.feedback("ann", strange),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_a_vote_on_several_messages_is_kept_whole_or_not_at_all(threads: Threads) -> None:
    with pytest.raises(NotFound):
        await threads.save_feedback("ann", "thr_1", ["msg_first", "msg_99"], Feedback("negative"))
    assert await threads.feedback("ann", "thr_1") == {}


async def test_the_last_vote_counts(threads: Threads) -> None:
    await threads.save_feedback("ann", "thr_1", ["msg_first"], Feedback("negative", "wrong", "No 🎨."))
    at = "2026-01-01T00:00:00Z"
    assert await threads.feedback("ann", "thr_1") == {
        "msg_first": Feedback("negative", "wrong", "No 🎨.", at)
    }
    await threads.save_feedback("ann", "thr_1", ["msg_first"], Feedback("positive"))
    assert await threads.feedback("ann", "thr_1") == {"msg_first": Feedback("positive", None, None, at)}


async def test_deleting_takes_items_and_feedback_with_it(threads: Threads, database: Database) -> None:
    await threads.add_item("ann", item("msg_1"))
    await threads.save_feedback("ann", "thr_1", ["msg_first", "msg_1"], Feedback("positive"))
    await threads.delete_items_after("ann", "thr_1", "msg_first")
    assert await counts(database) == [1, 1, 1]
    await threads.delete_thread("ann", "thr_1")
    assert await counts(database) == [0, 0, 0]


async def test_what_was_not_used_for_long_is_deleted(
    threads: Threads, database: Database, clock: Clock
) -> None:
    await threads.add_thread("eve", thread("thr_2"), item("msg_2", "thr_2"))
    clock.now += 20 * DAY
    await threads.add_item("ann", item("msg_1"))
    clock.now += 11 * DAY
    assert await threads.delete_unused(30) == 1
    assert await counts(database) == [1, 2, 0]
    assert (await threads.thread("ann", "thr_1")).id == "thr_1"
    assert await threads.delete_unused(30) == 0


async def test_a_conversation_can_be_full(threads: Threads, clock: Clock) -> None:
    for n in range(MAX_ITEMS - 2):
        await threads.add_item("ann", item(f"msg_{n}"))
    with pytest.raises(TooLarge) as refused:
        await threads.add_item("ann", item("msg_more"), answers=1)
    assert refused.value.details == {"max_items": MAX_ITEMS}
    await threads.add_item("ann", item("msg_last"))
    with pytest.raises(TooLarge):
        await threads.add_item("ann", item("msg_more"))


async def test_no_owner_has_too_many_conversations_whoever_asks_at_once(
    threads: Threads, database: Database
) -> None:
    for n in range(2, MAX_THREADS - 2):
        await threads.add_thread("ann", thread(f"thr_{n}"), item(f"msg_{n}", f"thr_{n}"))
    attempts = [
        threads.add_thread("ann", thread(f"thr_x{n}"), item(f"msg_x{n}", f"thr_x{n}")) for n in range(12)
    ]
    ended = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(one, TooLarge) for one in ended) == 12 - 3
    assert (await counts(database))[0] == MAX_THREADS
    await threads.add_thread("eve", thread("thr_e"), item("msg_e", "thr_e"))
    await threads.delete_thread("ann", "thr_2")
    await threads.add_thread("ann", thread("thr_y"), item("msg_y", "thr_y"))


async def test_several_processes_share_one_database(database_url: str, threads: Threads) -> None:
    code = (
        "import asyncio, sys\n"
        "from tests.contract.test_threads import *\n"
        "async def main():\n"
        "    database = await open_database(sys.argv[1])\n"
        "    store = Threads(database)\n"
        "    for n in range(60):\n"
        "        t = thread(new_id('thr'))\n"
        "        await store.add_thread(sys.argv[2], t, item(new_id('msg'), t.id))\n"
        "        await store.add_item(sys.argv[2], item(new_id('msg'), t.id))\n"
        "    await database.aclose()\n"
        "asyncio.run(main())\n"
    )
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-W",
            "ignore",
            "-c",
            code,
            database_url,
            f"owner{n}",
            cwd=Path(__file__).parents[2],
        )
        for n in range(3)
    ]
    assert [await process.wait() for process in processes] == [0, 0, 0]
    database = await open_database(database_url)
    assert await counts(database) == [1 + 180, 1 + 360, 0]
    await database.aclose()


def test_ids_cannot_be_guessed() -> None:
    assert len(new_id("thr")) == 4 + 32
    assert new_id("thr") != new_id("thr")
