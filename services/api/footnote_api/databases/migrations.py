"""The tables, as a numbered list of changes that is only ever added to.

A new version may run beside the one before it on the same database: add tables and columns that the
old one does not need, and take nothing away that it uses.
"""

import time
from typing import TYPE_CHECKING

from footnote_core.errors import ConfigurationError

if TYPE_CHECKING:
    from footnote_api.databases import Database

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE IF NOT EXISTS threads "
        "(seq {sequence}, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, body TEXT NOT NULL)",
        "CREATE INDEX IF NOT EXISTS threads_by_owner ON threads (owner, seq)",
        "CREATE TABLE IF NOT EXISTS items (seq {sequence}, id TEXT NOT NULL UNIQUE, "
        "thread TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE, body TEXT NOT NULL)",
        "CREATE INDEX IF NOT EXISTS items_by_thread ON items (thread, seq)",
        "CREATE TABLE IF NOT EXISTS feedback "
        "(item TEXT PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE, kind TEXT NOT NULL, at TEXT NOT NULL)",
    ),
    (
        "ALTER TABLE threads ADD COLUMN used_at BIGINT NOT NULL DEFAULT {now}",
        "CREATE INDEX threads_by_use ON threads (used_at)",
        "ALTER TABLE feedback ADD COLUMN reason TEXT",
        "ALTER TABLE feedback ADD COLUMN comment TEXT",
        "CREATE TABLE spending (day BIGINT PRIMARY KEY, tokens BIGINT NOT NULL)",
    ),
)
"""`{sequence}` is a column that counts up, `{now}` the time of the change in Unix seconds."""

_SEQUENCES = {
    "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "postgres": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
}


async def migrate(database: "Database") -> None:
    """Make the changes that `database` does not have yet. Raises ConfigurationError for a newer one."""
    words = {"sequence": _SEQUENCES[database.engine], "now": str(int(time.time()))}
    async with database.transaction("migrations") as transaction:
        await transaction.run("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
        (row,) = await transaction.rows("SELECT coalesce(max(version), 0) FROM schema_version")
        done = int(row[0])
        if done > len(MIGRATIONS):
            raise ConfigurationError(
                "FOOTNOTE_DATABASE_URL: this database belongs to a newer version of Footnote. "
                "Run that version, or name another database."
            )
        for version, statements in enumerate(MIGRATIONS[done:], start=done + 1):
            for statement in statements:
                await transaction.run(statement.format(**words))
            await transaction.run("INSERT INTO schema_version (version) VALUES (:version)", version=version)
