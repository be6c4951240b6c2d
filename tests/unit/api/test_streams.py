"""Pacing of answers, and what is left when a reader goes away."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator

import pytest
from starlette.requests import Request

from footnote_api.answerers import Statement
from footnote_api.databases import open_database
from footnote_api.events import Delta, Event, Searching
from footnote_api.metrics import Metrics
from footnote_api.streams import EventStream, OpenStreams, paced, unless_left
from tests.support.api import QUESTION, Parts, ScriptedAnswerer, caller


async def script(*steps: Event | float | Exception) -> AsyncIterator[Event]:
    for step in steps:
        if isinstance(step, Exception):
            raise step
        if isinstance(step, float):
            await asyncio.sleep(step)
        else:
            yield step


async def test_text_that_comes_together_is_sent_together() -> None:
    events = [e async for e in paced(script(*(Delta(letter) for letter in "abc"), Searching(), Delta("d")))]
    assert events == [Delta("abc"), Searching(), Delta("d")]


async def test_the_first_text_does_not_wait_and_the_next_is_gathered() -> None:
    began = time.monotonic()
    steps = (Delta("a"), 0.01, Delta("b"), 0.01, Delta("c"), 0.3, Delta("d"))
    times = []
    events = []
    async for event in paced(script(*steps), batch_seconds=0.15):
        events.append(event)
        times.append(time.monotonic() - began)
    assert events == [Delta("a"), Delta("bc"), Delta("d")]
    assert times[0] < 0.1 <= times[1]


async def test_silence_is_filled() -> None:
    events = [e async for e in paced(script(Searching(), 0.25, Delta("a")), heartbeat_seconds=0.1)]
    assert events == [Searching(), None, None, Delta("a")]


async def test_a_failure_comes_after_what_was_said() -> None:
    events: list[Event | None] = []
    with pytest.raises(ZeroDivisionError):
        async for event in paced(script(Delta("a"), Delta("b"), ZeroDivisionError())):
            events.append(event)
    assert events == [Delta("ab")]


async def test_closing_ends_the_source() -> None:
    ended = asyncio.Event()

    async def source() -> AsyncIterator[Event]:
        try:
            yield Searching()
            await asyncio.sleep(60)
        finally:
            ended.set()

    events = paced(source())
    assert await anext(events) == Searching()
    await events.aclose()
    assert ended.is_set()


async def read_until(stream: AsyncGenerator[bytes], words: bytes) -> None:
    async for frame in stream:
        if words in frame:
            return
    raise AssertionError("the stream ended before")


async def test_a_stopped_answer_keeps_what_was_said(parts: Parts) -> None:
    statements = [Statement("Set the colour of the lamp.", (0,)), Statement(" Never said.", (0,))]
    parts.answerer = answerer = ScriptedAnswerer(statements, hold=asyncio.Event())
    database = await open_database("sqlite:///:memory:")
    chatkit = parts.services(Metrics(), database).chatkit
    message = {
        "content": [{"type": "input_text", "text": QUESTION}],
        "attachments": [],
        "inference_options": {},
    }
    request = json.dumps({"type": "threads.create", "params": {"input": message}})
    answered = await chatkit.handle(request.encode(), caller("owner"))
    assert not isinstance(answered, bytes)
    await read_until(answered, b"annotation_added")
    await answered.aclose()
    assert answerer.ended
    assert await chatkit.answering.ended(0)
    (thread,) = (await chatkit.threads.threads("owner", None, None, "asc")).data
    items = (await chatkit.threads.items("owner", thread.id, None, None, "asc")).data
    assert [item.type for item in items] == ["user_message", "assistant_message"]
    assert items[1].content[0].text == "Set the colour of the lamp."
    assert len(items[1].content[0].annotations) == 1
    await database.aclose()


async def test_the_end_waits_for_answers_that_are_being_said() -> None:
    streams = OpenStreams()
    with streams.one():
        with streams.one():
            assert not await streams.ended(0)
        assert not await streams.ended(0)
        waiting = asyncio.create_task(streams.ended(60))
        await asyncio.sleep(0)
        assert not waiting.done()
    assert await waiting


async def test_a_reader_who_goes_away_ends_the_generator() -> None:
    closed = asyncio.Event()
    sent: list[bytes] = []

    async def body() -> AsyncGenerator[bytes]:
        try:
            while True:
                yield b"data: x\n\n"
                await asyncio.sleep(0.01)
        finally:
            closed.set()

    async def receive() -> dict[str, str]:
        while not sent:
            await asyncio.sleep(0.005)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        if body_bytes := message.get("body"):
            assert isinstance(body_bytes, bytes)
            sent.append(body_bytes)

    scope = {"type": "http", "asgi": {"spec_version": "2.3"}}
    async with asyncio.timeout(5):
        await EventStream(body())(scope, receive, send)  # type: ignore[arg-type]
    assert closed.is_set()


async def test_work_for_a_reader_who_went_away_is_cancelled() -> None:
    cancelled = asyncio.Event()

    async def work() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return "done"

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async with asyncio.timeout(5):
        assert await unless_left(Request({"type": "http"}, receive), work()) is None  # type: ignore[arg-type]
    assert cancelled.is_set()


async def test_what_work_raises_reaches_a_reader_who_waits() -> None:
    async def work() -> str:
        raise ValueError("no")

    async def receive() -> dict[str, str]:
        await asyncio.Event().wait()
        return {}

    async with asyncio.timeout(5):
        with pytest.raises(ValueError, match="no"):
            await unless_left(Request({"type": "http"}, receive), work())  # type: ignore[arg-type]


def test_the_agent_framework_is_not_imported() -> None:
    code = (
        "import sys, footnote_api.main; sys.exit(any(m in sys.modules for m in ('agents', 'openai', 'mcp')))"
    )
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code]).returncode == 0
