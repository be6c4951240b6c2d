"""How often something happened in the last minute, counted by all workers of a server together.

A table in shared memory holds one time for each thing that is counted: the *theoretical arrival time*
of the generic cell rate algorithm (GCRA), when it would have happened next at an even pace. At a rate
of N a minute it may run ahead of the clock by a minute, so N at once are as good as N in a row.

The table has a fixed size. Where it is full, what is nearest to being forgotten gives way.
"""

import fcntl
import hashlib
import mmap
import os
import secrets
import struct
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

WINDOW_SECONDS = 60.0
SETS = 8192
WAYS = 8
"""Places among which one thing may be found; 65,536 things in all, in one megabyte."""

_ROUNDING_SECONDS = 1e-6
_SALT_BYTES = 16
_ENTRY = struct.Struct("<Qd")
_SET = struct.Struct("<" + "Qd" * WAYS)
SIZE = _SALT_BYTES + SETS * _SET.size

_VARIABLE = "_FOOTNOTE_RATES"
"""Tells a worker the file descriptor of the table. Not a setting."""


class Rates:
    """`memory` is a table of SIZE bytes; `file` locks it among processes, None where there is one."""

    def __init__(
        self, memory: mmap.mmap, file: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._memory = memory
        self._file = file
        self._clock = clock
        self._salt = memory[:_SALT_BYTES]

    def take(self, charges: Sequence[tuple[bytes, int]]) -> list[float]:
        """Count each `(name, most a minute)` once, if all of them allow it.

        Returns the seconds until each does. Where any is more than 0, nothing was counted.
        """
        with self._locked():
            now = self._clock()
            waits, taken = [], []
            for name, per_minute in charges:
                digest = self._digest(name)
                due = max(self._find(digest)[1], now) + WINDOW_SECONDS / per_minute
                early = due - now - WINDOW_SECONDS
                waits.append(early if early > _ROUNDING_SECONDS else 0.0)
                taken.append((digest, due))
            if not any(waits):
                for digest, due in taken:
                    _ENTRY.pack_into(self._memory, self._find(digest)[0], digest, due)
            return waits

    def close(self) -> None:
        self._memory.close()

    def _digest(self, name: bytes) -> int:
        return int.from_bytes(hashlib.blake2b(name, digest_size=8, key=self._salt).digest(), "little")

    def _find(self, digest: int) -> tuple[int, float]:
        """Where `digest` stands and its time; else where it may stand, and 0."""
        start = _SALT_BYTES + digest % SETS * _SET.size
        values = _SET.unpack_from(self._memory, start)
        digests = values[::2]
        if digest in digests:
            way = digests.index(digest)
            return start + way * _ENTRY.size, values[2 * way + 1]
        times = values[1::2]
        return start + times.index(min(times)) * _ENTRY.size, 0.0

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Held for microseconds; the kernel lets go of it should the process be killed meanwhile."""
        if self._file is None:
            yield
            return
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)


def share_rates() -> None:
    """Make the table that workers forked from this process will share."""
    folder = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - memory, not a disk
    with tempfile.TemporaryFile(prefix="footnote-rates-", dir=folder) as file:
        file.write(secrets.token_bytes(_SALT_BYTES))
        file.truncate(SIZE)
        file.flush()
        os.environ[_VARIABLE] = str(os.dup(file.fileno()))


def open_rates() -> Rates:
    """The table of this server, or one of this process's own where nothing is shared."""
    shared = os.environ.get(_VARIABLE)
    if shared is not None:
        return Rates(mmap.mmap(int(shared), SIZE), int(shared))
    memory = mmap.mmap(-1, SIZE)
    memory[:_SALT_BYTES] = secrets.token_bytes(_SALT_BYTES)
    return Rates(memory)
