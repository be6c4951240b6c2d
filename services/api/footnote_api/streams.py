"""Server-sent events of an answer: pacing, heartbeats, and an end that always runs.

A task of its own drains the answer into a queue, so that waiting with a timeout never cancels the
answer, and a reader who goes away ends it at once.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import anyio
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Send

from footnote_api.events import Delta, Event

T = TypeVar("T")

HEARTBEAT_SECONDS = 15.0
"""Proxies cut silent connections after 30 to 60 seconds."""

BATCH_SECONDS = 0.03
"""Text that comes closer together is sent together: nobody sees it, and it halves the work."""

PING = b": ping\n"
"""A comment with one newline: with two, ChatKit's parser would report an empty message."""

_HEADERS = {"cache-control": "no-store, no-transform", "x-accel-buffering": "no"}


@dataclass(frozen=True, slots=True)
class _End:
    error: Exception | None = None


async def paced(
    events: AsyncIterator[Event],
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
    batch_seconds: float = BATCH_SECONDS,
) -> AsyncGenerator[Event | None]:
    """The events with neighbouring text joined, and None whenever none came for `heartbeat_seconds`.

    An exception of the source is raised here, after the events before it. Closing this generator
    ends the source.
    """
    queue: asyncio.Queue[Event | _End] = asyncio.Queue()
    drain = asyncio.create_task(_drain(events, queue))
    sent_at = -batch_seconds
    try:
        while True:
            item = await _next(queue, heartbeat_seconds)
            if isinstance(item, Delta):
                text, item = await _join(item.text, queue, sent_at + batch_seconds)
                yield Delta(text)
                sent_at = time.monotonic()
                if item is None:
                    continue
            if not isinstance(item, _End):
                yield item
            elif item.error is not None:
                raise item.error
            else:
                return
    finally:
        drain.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait((drain,))


async def _drain(events: AsyncIterator[Event], queue: "asyncio.Queue[Event | _End]") -> None:
    try:
        async for event in events:
            queue.put_nowait(event)
        queue.put_nowait(_End())
    except Exception as error:  # noqa: BLE001 - handed over to the reader of the queue, which raises it
        queue.put_nowait(_End(error))


async def _next(queue: "asyncio.Queue[Event | _End]", seconds: float) -> Event | _End | None:
    """The next item, or None when none comes within `seconds`."""
    if not queue.empty():
        return queue.get_nowait()
    try:
        async with asyncio.timeout(max(seconds, 0)):
            return await queue.get()
    except TimeoutError:
        return None


async def _join(
    text: str, queue: "asyncio.Queue[Event | _End]", until: float
) -> tuple[str, Event | _End | None]:
    """`text` with the text that follows before `until`, and the first item that is not text."""
    while (wait := until - time.monotonic()) > 0 or not queue.empty():
        item = await _next(queue, wait)
        if not isinstance(item, Delta):
            return text, item
        text += item.text
    return text, None


class OpenStreams:
    """Counts answers that are being said, so that the end of the server can wait for what they store."""

    def __init__(self) -> None:
        self._count = 0
        self._none = asyncio.Event()
        self._none.set()

    @contextmanager
    def one(self) -> Iterator[None]:
        """One answer, from its first event until it is stored."""
        self._count += 1
        self._none.clear()
        try:
            yield
        finally:
            self._count -= 1
            if self._count == 0:
                self._none.set()

    async def ended(self, seconds: float) -> bool:
        """Wait until there is none, at most `seconds`; returns whether there is none."""
        try:
            async with asyncio.timeout(seconds):
                await self._none.wait()
        except TimeoutError:
            return False
        return True


async def unless_left(request: Request, work: Coroutine[None, None, T]) -> T | None:
    """The result of `work`, whose request has been read; None, and `work` cancelled, when the reader goes away."""
    working, leaving = asyncio.create_task(work), asyncio.create_task(_left(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        leaving.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait((working, leaving))


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class EventStream(StreamingResponse):
    """A response of server-sent events whose generator is closed, and so cleaned up, in every case."""

    def __init__(self, body: AsyncGenerator[bytes]) -> None:
        super().__init__(body, media_type="text/event-stream", headers=_HEADERS)
        self._body = body

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        finally:
            with anyio.CancelScope(shield=True):
                await self._body.aclose()
