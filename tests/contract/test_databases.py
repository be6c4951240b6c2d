"""The database port on both engines: transactions, locks, migrations, and databases that fail."""

import asyncio
import sqlite3
from pathlib import Path

import asyncpg
import pytest

from footnote_api.databases import Database, check_database, open_database
from footnote_api.databases.migrations import MIGRATIONS, migrate
from footnote_api.databases.sqlite import SqliteDatabase
from footnote_core.errors import ConfigurationError, StorageUnavailable
from tests.support.postgres import Postgres

COUNT = "SELECT coalesce(sum(tokens), 0) FROM spending"
ADD = "INSERT INTO spending (day, tokens) VALUES (:day, :tokens)"


async def total(database: Database) -> int:
    return int((await database.rows(COUNT))[0][0])


async def test_a_transaction_is_whole_or_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction("x") as transaction:
            assert await transaction.run(ADD, day=1, tokens=5) == 1
            assert (await transaction.rows(COUNT))[0][0] == 5
            raise ZeroDivisionError
    assert await total(database) == 0
    async with database.transaction("x") as transaction:
        await transaction.run(ADD, day=1, tokens=5)
    assert await total(database) == 5


async def test_a_statement_that_fails_undoes_what_came_before(database: Database) -> None:
    with pytest.raises(StorageUnavailable):
        async with database.transaction("x") as transaction:
            await transaction.run(ADD, day=1, tokens=5)
            await transaction.run(ADD, day=1, tokens=6)
    assert await total(database) == 0
    async with database.transaction("x") as transaction:
        assert await transaction.run("UPDATE spending SET tokens = 0") == 0


async def test_a_cancelled_transaction_leaves_nothing_and_blocks_nobody(database: Database) -> None:
    inside, never = asyncio.Event(), asyncio.Event()

    async def stuck() -> None:
        async with database.transaction("x") as transaction:
            await transaction.run(ADD, day=1, tokens=5)
            inside.set()
            await never.wait()

    task = asyncio.create_task(stuck())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.transaction("x") as transaction:
        await transaction.run(ADD, day=1, tokens=7)
    assert await total(database) == 7


async def test_transactions_with_one_lock_do_not_overlap(database: Database) -> None:
    async with database.transaction("x") as transaction:
        await transaction.run(ADD, day=1, tokens=0)

    async def add_one() -> None:
        async with database.transaction("x") as transaction:
            read = (await transaction.rows(COUNT))[0][0]
            await transaction.run("UPDATE spending SET tokens = :tokens", tokens=read + 1)

    await asyncio.gather(*(add_one() for _ in range(40)))
    assert await total(database) == 40


async def test_opening_again_changes_nothing(database_url: str) -> None:
    for _ in range(2):
        database = await open_database(database_url)
        versions = await database.rows("SELECT version FROM schema_version ORDER BY version")
        assert [row[0] for row in versions] == list(range(1, len(MIGRATIONS) + 1))
        await database.aclose()
    await asyncio.gather(*(check_database(database_url) for _ in range(4)))


async def test_a_database_of_a_newer_version_is_left_alone(database_url: str) -> None:
    database = await open_database(database_url)
    async with database.transaction("x") as transaction:
        await transaction.run("INSERT INTO schema_version (version) VALUES (:version)", version=999)
    await database.aclose()
    for attempt in (open_database(database_url), check_database(database_url)):
        with pytest.raises(ConfigurationError, match="newer version of Footnote"):
            await attempt


async def test_conversations_of_the_first_version_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "threads.db"
    old = sqlite3.connect(path)
    old.executescript(
        "CREATE TABLE threads (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, "
        "owner TEXT NOT NULL, body TEXT NOT NULL);"
        "CREATE TABLE items (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, "
        "thread TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE, body TEXT NOT NULL);"
        "CREATE TABLE feedback (item TEXT PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE, "
        "kind TEXT NOT NULL, at TEXT NOT NULL);"
        "INSERT INTO threads (id, owner, body) VALUES ('thr_1', 'ann', '{}');"
        "INSERT INTO items (id, thread, body) VALUES ('msg_1', 'thr_1', '{}');"
        "INSERT INTO feedback VALUES ('msg_1', 'positive', '2026-01-01T00:00:00Z');"
    )
    old.close()
    database = await open_database(f"sqlite:///{path}")
    (row,) = await database.rows("SELECT used_at > 1700000000, kind, reason FROM threads, feedback")
    assert (row[0], row[1], row[2]) == (1, "positive", None)
    await database.aclose()


async def test_a_locked_file_is_waited_for_without_stopping_others(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'threads.db'}"
    database = await open_database(url)
    other = sqlite3.connect(tmp_path / "threads.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with database.transaction("x") as transaction:
            await transaction.run(ADD, day=1, tokens=5)

    writing = asyncio.create_task(write())
    for _ in range(20):
        await asyncio.sleep(0)
        assert await total(database) == 0  # readers go on
    assert not writing.done()
    other.execute("COMMIT")
    await writing
    assert await total(database) == 5
    other.close()
    await database.aclose()


async def test_a_file_that_stays_locked_is_given_up(tmp_path: Path) -> None:
    database = SqliteDatabase(str(tmp_path / "threads.db"), patience_seconds=0.05)
    await migrate(database)
    other = sqlite3.connect(tmp_path / "threads.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageUnavailable) as failed:
        async with database.transaction("x"):
            raise AssertionError("this must not be reached")
    assert "locked" in failed.value.reason
    other.execute("ROLLBACK")
    other.close()
    async with database.transaction("x") as transaction:
        await transaction.run(ADD, day=1, tokens=5)
    await database.aclose()


async def test_a_full_disk_is_a_named_failure_and_passes(tmp_path: Path) -> None:
    database = await open_database(f"sqlite:///{tmp_path / 'threads.db'}")
    (row,) = await database.rows("PRAGMA page_count")
    await database.rows(f"PRAGMA max_page_count={row[0]}")
    with pytest.raises(StorageUnavailable) as failed:
        async with database.transaction("x") as transaction:
            for day in range(2_000):
                await transaction.run(ADD, day=day, tokens=1)
    assert "full" in failed.value.reason
    assert await total(database) == 0
    await database.rows("PRAGMA max_page_count=100000")
    async with database.transaction("x") as transaction:
        await transaction.run(ADD, day=1, tokens=1)
    await database.aclose()


async def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "junk.db").write_bytes(b"this is not a database" * 100)
    for path in (tmp_path / "file" / "threads.db", tmp_path, tmp_path / "junk.db"):
        for attempt in (check_database(f"sqlite:///{path}"), open_database(f"sqlite:///{path}")):
            with pytest.raises(ConfigurationError, match=rf"FOOTNOTE_DATABASE_URL.*{path}"):
                await attempt


async def test_a_postgres_that_was_away_is_used_again(postgres: Postgres) -> None:
    url = await postgres.new_database()
    database = await open_database(url)
    async with database.transaction("x") as transaction:
        await transaction.run(ADD, day=1, tokens=5)
    postgres.stop()
    try:
        with pytest.raises(StorageUnavailable) as failed:
            await total(database)
        assert failed.value.reason.startswith("Postgres")
        with pytest.raises(StorageUnavailable, match="right now") as failed:
            await total(database)
        assert failed.value.reason == "Postgres cannot be reached (ConnectionRefusedError)"
        with pytest.raises(ConfigurationError, match=r"FOOTNOTE_DATABASE_URL.*cannot be reached"):
            await check_database(url)
        opened_meanwhile = await open_database(url)
    finally:
        postgres.start()
    assert await total(database) == await total(opened_meanwhile) == 5
    await database.aclose()
    await opened_meanwhile.aclose()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("/test_none", "does not exist"),
        (":1/x", "cannot be reached"),
        ("/?sslmode=nonsense", "cannot be reached"),
    ],
)
async def test_a_wrong_address_is_named_without_its_password(
    postgres: Postgres, change: str, words: str
) -> None:
    host = "postgresql://footnote:hunter2@127.0.0.1"
    port = "" if change.startswith(":") else f":{postgres.port}"
    with pytest.raises(ConfigurationError, match=words) as refused:
        await check_database(host + port + change)
    assert "hunter2" not in refused.value.message


async def test_the_servers_own_words_tell_what_is_wrong(postgres: Postgres) -> None:
    url = await postgres.new_database()
    database = await open_database(url)
    connection = await asyncpg.connect(url)
    await connection.execute("ALTER TABLE spending RENAME TO elsewhere")
    await connection.close()
    with pytest.raises(StorageUnavailable) as failed:
        await total(database)
    assert 'relation "spending" does not exist' in failed.value.reason
    await database.aclose()
