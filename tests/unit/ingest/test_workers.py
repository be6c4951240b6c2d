"""Work on several processes: the same results in the same order, whatever ends early."""

import os
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import pytest

from footnote_core.errors import SourceError
from footnote_ingest.workers import ordered_map, usable_processes

BIG = "x" * 200_000
"""More than a pipe takes at once."""


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_results_come_in_the_order_of_the_items(processes: int) -> None:
    assert list(ordered_map(lambda n: (n, BIG), range(20), processes)) == [(n, BIG) for n in range(20)]


def test_the_work_is_done_elsewhere() -> None:
    found = set(ordered_map(lambda _: os.getpid(), range(20), 2))
    assert len(found) == 2 and os.getpid() not in found


def test_a_reader_that_stops_early_leaves_no_process() -> None:
    results = ordered_map(lambda _: (os.getpid(), BIG), range(1000), 2)
    found = {pid for pid, _ in islice(results, 2)}
    results.close()  # type: ignore[attr-defined]
    for pid in found:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_process_that_dies_is_told() -> None:
    def work(item: int) -> int:
        if item == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return item

    with pytest.raises(SourceError, match="exit code -9"):
        list(ordered_map(work, range(10), 2))


ENDLESS = """
import os, itertools
from footnote_ingest.workers import ordered_map
for pid in itertools.islice(ordered_map(lambda _: os.getpid(), range(10**9), 2), 2):
    print(pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    output = tmp_path / "pids"  # not a pipe, which the orphans would hold open
    with output.open("w") as written:
        assert subprocess.run([sys.executable, "-c", ENDLESS], stdout=written).returncode == -signal.SIGKILL
    pids = output.read_text().split()
    assert len(pids) == 2
    deadline = time.monotonic() + 10
    while any(_runs(pid) for pid in pids):
        assert time.monotonic() < deadline, "a process outlived its parent"
        time.sleep(0.05)


def _runs(pid: str) -> bool:
    """A dead process that nobody has waited for yet does not run."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] not in "ZX"


def test_a_few_pages_are_read_in_this_process() -> None:
    assert usable_processes(5) == 1
