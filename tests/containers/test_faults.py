"""A public host under constant load while its parts fail, one after the other: what readers see, and nothing lost.

Every fault is recorded for the manual: `python -m tests.support.faults` writes its table.
"""

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.failures import CASES
from tests.support.faults import ANSWERED, BROKEN, NOT_STORED, QUOTED, RECORDED, Outcome, record, under_load
from tests.support.production import Production, running_production
from tests.support.stack import Stack, wait_for

NOT_LIMITED = {f"FOOTNOTE_{name}": "0" for name in ("QUESTIONS_PER_OWNER", "QUESTIONS_PER_ADDRESS", "SEARCHES_PER_ADDRESS", "SESSIONS_PER_ADDRESS")}  # fmt: skip
AWAY = {"upstream_error", "upstream_timeout", BROKEN}
"""What the proxy says, or nobody, while no API is there."""
UNSTORED = {"storage_unavailable", NOT_STORED, QUOTED}
"""What the model may still cost today stands in the database, too: without it, quotes answer."""
CLOCK = """
import time

def jumped(real=time.time):
    with open("/clock/offset") as file:
        return real() + int(file.read())

time.time = jumped
"""
"""Python runs it at each start. A real clock is the whole machine's, and the tests run on it, too."""
LOCK = """
import sqlite3, time
connection = sqlite3.connect("/data/threads.db", isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
time.sleep(8)
"""

pytestmark = pytest.mark.timeout(300)  # the first test starts the stack


@dataclass
class Host:
    """A public host whose two volumes are small disks, and whose API reads its clock from a file."""

    production: Production
    index: Path
    conversations: Path
    clock: Path

    @property
    def stack(self) -> Stack:
        return self.production.stack

    def suffer(
        self, name: str, fault: Callable[[], object], repair: Callable[[], object], *, seconds: float = 6
    ) -> Outcome:
        """What readers see of a fault that is repaired after some seconds; kept for the manual."""
        outcome = under_load(self.production, fault, repair, seconds=seconds)
        record(name, outcome)
        return outcome


@contextmanager
def disk(folder: Path, megabytes: int, owner: int) -> Iterator[Path]:
    """A file system of its own that can be filled up."""
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,uid={owner},gid={owner}", "tmpfs", folder],
        check=True,
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    if os.geteuid():
        pytest.skip("only root may mount the disks that are filled up")
    RECORDED.unlink(missing_ok=True)
    folder = tmp_path_factory.mktemp("faults")
    clock = folder / "clock"
    clock.mkdir()
    (clock / "offset").write_text("+0\n")
    (clock / "sitecustomize.py").write_text(CLOCK)
    api = {"api": {"environment": {"PYTHONPATH": "/clock"}, "volumes": [f"{clock}:/clock:ro"]}}
    with ExitStack() as mounted:
        index = mounted.enter_context(disk(folder / "index", 512, 1000))
        conversations = mounted.enter_context(disk(folder / "conversations", 16, 10001))
        volumes = {
            name: {"driver": "local", "driver_opts": {"type": "none", "o": "bind", "device": str(path)}}
            for name, path in (("qdrant", index), ("conversations", conversations))
        }
        overlay = folder / "disks.yml"
        overlay.write_text(json.dumps({"services": api, "volumes": volumes}))
        production = mounted.enter_context(running_production(folder, overlay, **NOT_LIMITED))
        yield Host(production, index, conversations, clock)


@pytest.fixture(autouse=True)
def stack(host: Host) -> Stack:
    """So that a failing test shows the logs."""
    return host.stack


def fill(folder: Path) -> None:
    """Leave no byte free."""
    with (folder / "filler").open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(65536))


def test_frozen_index(host: Host) -> None:
    qdrant = host.stack.container("qdrant")
    outcome = host.suffer("Qdrant hangs", qdrant.pause, qdrant.unpause)
    outcome.may_have_seen(search={"index_not_ready"}, question={"index_not_ready"})
    assert outcome.results["search"]["index_not_ready"]


def test_killed_index(host: Host) -> None:
    qdrant = host.stack.container("qdrant")
    qdrant.reload()
    restarts = qdrant.attrs["RestartCount"]

    def kill() -> None:
        qdrant.exec_run(["bash", "-c", "kill -9 $(cat /proc/1/task/1/children)"])

    def restarted() -> bool:
        qdrant.reload()
        return int(qdrant.attrs["RestartCount"]) > restarts

    outcome = host.suffer(
        "Qdrant is killed", kill, lambda: wait_for(restarted, "Qdrant to be started again"), seconds=0
    )
    outcome.may_have_seen(search={"index_not_ready"}, question={"index_not_ready"})


def test_slow_index(host: Host) -> None:
    """Stopped for half a second, running for a tenth, again and again."""
    qdrant, over = host.stack.container("qdrant"), threading.Event()

    def stutter() -> None:
        while not over.is_set():
            qdrant.pause()
            time.sleep(0.5)
            qdrant.unpause()
            time.sleep(0.1)

    stuttering = threading.Thread(target=stutter)

    def repair() -> None:
        over.set()
        stuttering.join()

    outcome = host.suffer("Qdrant is slow", stuttering.start, repair)
    outcome.may_have_seen(search={"index_not_ready"}, question={"index_not_ready"})
    assert outcome.results["search"][ANSWERED]


def test_index_cut_off(host: Host) -> None:
    qdrant = host.stack.container("qdrant")
    network = qdrant.client.networks.get(f"{host.stack.project}_footnote")
    outcome = host.suffer(
        "Qdrant is cut off",
        lambda: network.disconnect(qdrant),
        lambda: network.connect(qdrant, aliases=["qdrant"]),
    )
    outcome.may_have_seen(search={"index_not_ready"}, question={"index_not_ready"})
    assert outcome.results["search"]["index_not_ready"]


def test_disk_of_the_index_full_while_it_is_built_again(host: Host) -> None:
    built = []

    def build() -> None:
        fill(host.index)
        built.append(host.stack.command("run", "--rm", "--no-deps", "ingest", "--full", check=False))

    outcome = host.suffer(
        "Qdrant's disk is full during a new index", build, (host.index / "filler").unlink, seconds=0
    )
    outcome.may_have_seen()
    told = built[0].stdout + built[0].stderr
    assert built[0].returncode == 2, told
    assert "No space left on device" in told
    assert "Traceback" not in told
    again = host.stack.command("run", "--rm", "--no-deps", "ingest", "--full")
    assert again.returncode == 0


def test_disk_of_the_conversations_full(host: Host) -> None:
    def full() -> None:
        empty_log = (
            "import sqlite3; sqlite3.connect('/data/threads.db').execute('PRAGMA wal_checkpoint(TRUNCATE)')"
        )
        host.stack.container("api").exec_run(["python", "-c", empty_log])  # else there is room for some more
        fill(host.conversations)

    repair = (host.conversations / "filler").unlink
    outcome = host.suffer("the disk of the conversations is full", full, repair)
    outcome.may_have_seen(question=UNSTORED)
    assert outcome.results["question"]["storage_unavailable"]


def test_locked_database(host: Host) -> None:
    api = host.stack.container("api")
    outcome = host.suffer(
        "the database is locked", lambda: api.exec_run(["python", "-c", LOCK]), lambda: None, seconds=0
    )
    outcome.may_have_seen(question=UNSTORED)


def test_killed_worker(host: Host) -> None:
    workers = host.stack.api_workers()

    def replaced() -> bool:
        now = host.stack.api_workers()
        return len(now) == len(workers) and workers[0] not in now

    outcome = host.suffer(
        "a worker of the API is killed",
        lambda: host.stack.container("api").exec_run(["bash", "-c", f"kill -9 {workers[0]}"]),
        lambda: wait_for(replaced, "a new worker"),
        seconds=0,
    )
    outcome.may_have_seen(search=AWAY, question=AWAY)


def test_model_that_fails_in_every_way(host: Host) -> None:
    model = host.production.model
    faults = [fault for case in CASES if case.vendor == "model" and not case.gone for fault in case.faults]

    outcome = host.suffer(
        "the language model fails in all ways",
        lambda: model.faults.extend(faults),
        model.faults.clear,
        seconds=12,
    )
    outcome.may_have_seen(question={QUOTED})
    assert outcome.results["question"][QUOTED]


@pytest.mark.parametrize(("name", "offset"), [("an hour ahead", "+3600"), ("an hour back", "-3600")])
def test_clock_that_jumps(host: Host, name: str, offset: str) -> None:
    def jump(to: str) -> None:
        new = host.clock / "new"
        new.write_text(f"{to}\n")
        new.rename(host.clock / "offset")  # never half-written: the API reads it all the time

    def told() -> int:
        """Unix seconds of the API's clock."""
        done = host.stack.container("api").exec_run(["python", "-c", "import time; print(int(time.time()))"])
        return int(done.output)

    def fault() -> None:
        jump(offset)
        wait_for(lambda: abs(told() - time.time() - int(offset)) < 60, "the clock to jump", 10)

    outcome = host.suffer(f"the clock jumps {name}", fault, lambda: jump("+0"))
    outcome.may_have_seen()


def test_restarted_host(host: Host) -> None:
    def up() -> None:
        host.stack.command("up", "--wait", "--no-build")

    outcome = host.suffer(
        "the host restarts", lambda: host.stack.command("down", "--timeout", "5"), up, seconds=0
    )
    outcome.may_have_seen(search=AWAY | {"index_not_ready"}, question=AWAY | {"index_not_ready"})
    assert outcome.conversations
