"""The conversation store: order, owners, pages, several processes, places that cannot be written."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chatkit.types import InferenceOptions, ThreadMetadata, UserMessageItem, UserMessageTextContent

from footnote_api.threads import Threads, check_writable, database_path, new_id
from footnote_core.errors import ConfigurationError, NotFound

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def thread(thread_id: str = "thr_1") -> ThreadMetadata:
    return ThreadMetadata(id=thread_id, created_at=NOW)


def item(item_id: str, thread_id: str = "thr_1", text: str = "hello") -> UserMessageItem:
    return UserMessageItem(
        id=item_id,
        thread_id=thread_id,
        created_at=NOW,
        content=[UserMessageTextContent(text=text)],
        inference_options=InferenceOptions(),
    )


@pytest.fixture
def threads(tmp_path: Path) -> Iterator[Threads]:
    store = Threads(str(tmp_path / "folder" / "threads.db"))
    store.save_thread("ann", thread())
    yield store
    store.close()


def test_items_keep_the_order_in_which_they_came(threads: Threads) -> None:
    ids = [f"msg_{n:03}" for n in (5, 3, 9, 1)]
    for item_id in ids:
        threads.save_item("ann", item(item_id))
    assert [i.id for i in threads.items("ann", "thr_1", None, None, "asc").data] == ids
    assert [i.id for i in threads.items("ann", "thr_1", None, None, "desc").data] == ids[::-1]


def test_pages_follow_each_other_without_gap(threads: Threads) -> None:
    ids = [f"msg_{n}" for n in range(7)]
    for item_id in ids:
        threads.save_item("ann", item(item_id))
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = threads.items("ann", "thr_1", 3, after, "desc")
        seen += [i.id for i in page.data]
        after = page.after
    assert seen == ids[::-1]
    assert after is None
    with pytest.raises(NotFound):
        threads.items("ann", "thr_1", 3, "msg_99", "desc")


@pytest.mark.parametrize("limit", [0, -5, 10**30])
def test_limits_are_clamped(threads: Threads, limit: int) -> None:
    for n in range(120):
        threads.save_item("ann", item(f"msg_{n}"))
    assert 1 <= len(threads.items("ann", "thr_1", limit, None, "asc").data) <= 100


def test_saving_an_item_again_replaces_it(threads: Threads) -> None:
    threads.save_item("ann", item("msg_1", text="one"))
    threads.save_item("ann", item("msg_1", text="two"))
    (stored,) = threads.items("ann", "thr_1", None, None, "asc").data
    assert stored == item("msg_1", text="two")


def test_another_owner_can_neither_read_nor_write(threads: Threads) -> None:
    threads.save_item("ann", item("msg_1"))
    threads.save_thread("eve", ThreadMetadata(id="thr_1", created_at=NOW, title="mine"))
    assert threads.thread("ann", "thr_1").title is None
    threads.save_thread("eve", thread("thr_2"))
    for attempt in (
        lambda: threads.thread("eve", "thr_1"),
        lambda: threads.items("eve", "thr_1", None, None, "asc"),
        lambda: threads.item("eve", "thr_1", "msg_1"),
        lambda: threads.item("eve", "thr_2", "msg_1"),
        lambda: threads.save_item("eve", item("msg_1")),
        lambda: threads.save_feedback("eve", "thr_1", ["msg_1"], "positive"),
        lambda: threads.delete_items_after("eve", "thr_1", "msg_1"),
        lambda: threads.delete_thread("eve", "thr_1"),
    ):
        with pytest.raises(NotFound):
            attempt()
    threads.save_item("eve", item("msg_1", "thr_2", "stolen"))
    assert threads.item("ann", "thr_1", "msg_1") == item("msg_1")


def test_a_transaction_is_whole_or_nothing(threads: Threads) -> None:
    with pytest.raises(NotFound), threads:
        threads.save_thread("ann", thread("thr_2"))
        threads.save_item("ann", item("msg_1", "thr_3"))
    with pytest.raises(NotFound):
        threads.thread("ann", "thr_2")


def test_deleting_a_thread_takes_everything_with_it(threads: Threads) -> None:
    threads.save_item("ann", item("msg_1"))
    threads.save_feedback("ann", "thr_1", ["msg_1"], "positive")
    threads.delete_thread("ann", "thr_1")
    counts = [
        threads._db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("items", "feedback")
    ]
    assert counts == [0, 0]


def test_several_processes_share_one_file(tmp_path: Path) -> None:
    path = tmp_path / "threads.db"
    code = (
        "import sys; from tests.unit.api.test_threads import *\n"
        "store = Threads(sys.argv[1])\n"
        "for n in range(100):\n"
        "    t = thread(new_id('thr'))\n"
        "    with store:\n"
        "        store.save_thread('ann', t); store.save_item('ann', item(new_id('msg'), t.id))\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, str(path)]
    processes = [subprocess.Popen(command, cwd=Path(__file__).parents[3]) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    store = Threads(str(path))
    assert store._db.execute("SELECT count(*) FROM items").fetchone()[0] == 300
    store.close()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    for path in (tmp_path / "file" / "threads.db", tmp_path):
        with pytest.raises(ConfigurationError, match="FOOTNOTE_DATABASE_URL"):
            check_writable(str(path))
    (tmp_path / "junk.db").write_bytes(b"this is not a database" * 100)
    with pytest.raises(ConfigurationError, match="not a database"):
        check_writable(str(tmp_path / "junk.db"))


def test_database_urls() -> None:
    assert database_path("sqlite:///.footnote/threads.db") == ".footnote/threads.db"
    assert database_path("sqlite:////data/threads.db") == "/data/threads.db"
    assert database_path("sqlite:///:memory:") == ":memory:"


def test_ids_cannot_be_guessed() -> None:
    assert len(new_id("thr")) == 4 + 32
    assert new_id("thr") != new_id("thr")
