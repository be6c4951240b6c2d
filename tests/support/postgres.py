"""A Postgres server of our own on loopback, from Debian's package, with a fresh database for each test."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from tests.support.servers import free_port

_DEBIAN = Path("/usr/lib/postgresql")
_QUICK = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=60"]


def programs() -> Path:
    """The folder with `initdb` and `pg_ctl`; skips the test where there is none, and fails it in CI."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    folders = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if folders:
        return folders[-1].parent
    reason = "Postgres is not installed; on Debian: apt-get install postgresql"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


class Postgres:
    """A server that can be stopped and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self._programs = programs()
        self._data = folder / "data"
        self._log = folder / "log"
        self.port = free_port()
        self._databases = 0
        # It refuses to run as root.
        self._user = (
            pwd.getpwnam("postgres" if _has_user("postgres") else "nobody") if not os.getuid() else None
        )
        if self._user:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "-D", str(self._data), "-U", "footnote", "-A", "trust", "-E", "UTF8", "-N")

    def start(self) -> None:
        """Start and wait until it answers."""
        options = ["-h", "127.0.0.1", "-p", str(self.port), "-k", str(self._data), *_QUICK]
        self._run(
            "pg_ctl", "-D", str(self._data), "-l", str(self._log), "-w", "-o", " ".join(options), "start"
        )

    def stop(self) -> None:
        """Stop at once; connections are cut."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://footnote@127.0.0.1:{self.port}/{database}"

    async def new_database(self) -> str:
        """The address of a new, empty database."""
        self._databases += 1
        name = f"test_{self._databases}"
        connection = await asyncpg.connect(self.url())
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
        return self.url(name)

    def _run(self, program: str, *arguments: str) -> None:
        # Files, not pipes: the server keeps what pg_ctl gives it open.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [self._programs / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
                user=self._user.pw_uid if self._user else None,
                group=self._user.pw_gid if self._user else None,
                extra_groups=[] if self._user else None,
                timeout=60,
            )
            output.seek(0)
            assert done.returncode == 0, f"{program}: {output.read().decode(errors='replace')}"


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server in a folder of its own, which is removed with it."""
    with tempfile.TemporaryDirectory(prefix="footnote-postgres-", ignore_cleanup_errors=True) as folder:
        server = Postgres(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
