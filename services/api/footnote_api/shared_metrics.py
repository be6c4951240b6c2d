"""The files in which gunicorn's workers keep what they count: one to read them all, one to bury the dead.

prometheus_client keeps the files of every worker there ever was, 64 kB each at least. A server that replaces
workers for months would fill its memory with them; so what a worker counted is added to one pair of files.
"""

import fcntl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

_KEPT = ("counter", "histogram")
_NOBODY = 0
"""In place of a process id, in the names of the files that outlive their workers."""


def read_all(directory: str) -> bytes:
    """What all workers count, and have counted, as Prometheus' text."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=directory)  # type: ignore[no-untyped-call]
    with _lock(directory, fcntl.LOCK_SH):
        return generate_latest(registry)


def bury(directory: str, pid: int) -> None:
    """Keep what an ended worker counted, and delete its files. A reader sees it once, before and after."""
    with _lock(directory, fcntl.LOCK_EX):
        for kind in _KEPT:
            own = Path(directory, f"{kind}_{pid}.db")
            if own.exists():
                _add(own, Path(directory, f"{kind}_{_NOBODY}.db"))
                own.unlink()
        mark_process_dead(pid, directory)  # type: ignore[no-untyped-call]


def _add(file: Path, to: Path) -> None:
    files: Any = MmapedDict  # comes without types
    with closing(files(str(to))) as kept:
        for key, value, at, _ in files.read_all_values_from_file(str(file)):
            before, _ = kept.read_value(key)
            kept.write_value(key, before + value, at)


@contextmanager
def _lock(directory: str, kind: int) -> Iterator[None]:
    with Path(directory, "lock").open("ab") as file:
        fcntl.flock(file, kind)
        yield
