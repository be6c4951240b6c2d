"""The same work on many items, on all cores: forked processes, results in order, bounded memory."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from footnote_core.errors import SourceError

T = TypeVar("T")
R = TypeVar("R")

_ITEMS_TO_PAY = 32
"""Below, starting processes costs more than they save: 10 ms each, against 5 to 10 ms for a page."""

_MOST_PROCESSES = 8


def usable_processes(items: int) -> int:
    """How many processes pay for so many pages. Elsewhere than on Linux forking is not safe, so one."""
    if sys.platform != "linux" or items < _ITEMS_TO_PAY:
        return 1
    return min(len(os.sched_getaffinity(0)), _MOST_PROCESSES)


def ordered_map(function: Callable[[T], R], items: Sequence[T], processes: int) -> Iterator[R]:
    """`function` of each item, in order. Only results are pickled: the processes inherit all else.

    A process is at most a pipe's buffer ahead of the reader, and ends when nobody reads any more,
    however the reader ended. Raises SourceError when a process dies; its own trace goes to stderr.
    """
    if processes < 2:
        yield from map(function, items)
        return
    context = multiprocessing.get_context("fork")
    receivers: list[Connection] = []
    workers = []
    for first in range(processes):
        receiver, sender = context.Pipe(duplex=False)
        receivers.append(receiver)
        worker = context.Process(
            target=_work, args=(function, items[first::processes], sender, tuple(receivers)), daemon=True
        )
        worker.start()
        workers.append(worker)
        sender.close()
    try:
        for position in range(len(items)):
            yield _received(receivers[position % processes], workers[position % processes])
    finally:
        for receiver, worker in zip(receivers, workers, strict=True):
            receiver.close()
            worker.terminate()
            worker.join()


def _received(receiver: Connection, worker: BaseProcess) -> Any:
    try:
        return receiver.recv()
    except EOFError as error:
        worker.join()
        raise SourceError(
            f"A process that reads pages ended with exit code {worker.exitcode}; "
            "a negative one is a signal, -9 mostly says that memory ran out."
        ) from error


def _work(
    function: Callable[[T], R], items: Sequence[T], sender: Connection, inherited: Sequence[Connection]
) -> None:
    """Runs in the child. Its reading ends must be closed, or it would never notice that its parent is gone."""
    signal.set_wakeup_fd(-1)  # it is the parent's event loop that would be woken
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers Ctrl-C, and then ends this process
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for receiver in inherited:
        receiver.close()
    try:
        for item in items:
            sender.send(function(item))
    except BrokenPipeError:  # nobody waits for more
        pass
