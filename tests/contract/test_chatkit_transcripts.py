"""Our ChatKit protocol against OpenAI's own server: the same requests, the same
messages but for ids and times.

The official server gets the answer written out as its own events; ours makes them from statements.
A change of the package's shapes shows up here.
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from chatkit.server import ChatKitServer, NonStreamingResult, StreamingResult
from chatkit.store import NotFoundError, Store
from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    Attachment,
    Page,
    ProgressUpdateEvent,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdate,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    URLSource,
    UserMessageItem,
)

from footnote_api.answerers import Statement
from footnote_api.databases import open_database
from footnote_api.metrics import Metrics
from tests.support.api import SITE, Parts, ScriptedAnswerer, caller, settings, small_index

Send = Callable[[dict[str, Any]], Awaitable[list[dict[str, Any]]]]

SENTENCES = ("Set `colour` in `lamp.yml` to change the colour of the lamp.", " 🎨 The colour of the lamp.")
QUOTES = (SENTENCES[0], "Set `colour` in `lamp.yml` to change the colour of the lamp.")


class OfficialServer(ChatKitServer[None]):
    """Says the two sentences, each with its footnote."""

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: None
    ) -> AsyncIterator[ThreadStreamEvent]:
        if thread.title is None and input_user_message is not None:
            thread.title = "".join(part.text for part in input_user_message.content)
        yield ProgressUpdateEvent(icon="search", text="Searching the docs…")
        item = AssistantMessageItem(
            id=self.store.generate_item_id("message", thread, context),
            thread_id=thread.id,
            created_at=datetime.now(UTC),
            content=[],
        )

        def update(change: ThreadItemUpdate) -> ThreadItemUpdatedEvent:
            return ThreadItemUpdatedEvent(item_id=item.id, update=change)

        yield ThreadItemAddedEvent(item=item)
        yield update(
            AssistantMessageContentPartAdded(content_index=0, content=AssistantMessageContent(text=""))
        )
        text, annotations = "", []
        for sentence, quote in zip(SENTENCES, QUOTES, strict=True):
            text += sentence
            yield update(AssistantMessageContentPartTextDelta(content_index=0, delta=sentence))
            source = URLSource(
                title="Lamp › Colour", description=quote, group="Lamp", url=f"{SITE}/docs/lamp#colour"
            )
            annotation = Annotation(source=source, index=len(text.encode("utf-16-le")) // 2)
            annotations.append(annotation)
            yield update(
                AssistantMessageContentPartAnnotationAdded(
                    content_index=0, annotation_index=len(annotations) - 1, annotation=annotation
                )
            )
        content = AssistantMessageContent(text=text, annotations=annotations)
        yield update(AssistantMessageContentPartDone(content_index=0, content=content))
        yield ThreadItemDoneEvent(item=item.model_copy(update={"content": [content]}))


class MemoryStore(Store[None]):
    """The official server's store, in memory."""

    def __init__(self) -> None:
        self.threads: dict[str, ThreadMetadata] = {}
        self.items: dict[str, dict[str, ThreadItem]] = {}

    async def load_thread(self, thread_id: str, context: None) -> ThreadMetadata:
        if thread_id not in self.threads:
            raise NotFoundError(thread_id)
        return self.threads[thread_id].model_copy(deep=True)

    async def save_thread(self, thread: ThreadMetadata, context: None) -> None:
        self.threads[thread.id] = ThreadMetadata(**thread.model_dump(exclude={"items"}))
        self.items.setdefault(thread.id, {})

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: None
    ) -> Page[ThreadMetadata]:
        return _page(list(self.threads.values()), limit, after, order)

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: None
    ) -> Page[ThreadItem]:
        await self.load_thread(thread_id, context)
        return _page(list(self.items[thread_id].values()), limit, after, order)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: None) -> None:
        self.items[thread_id][item.id] = item

    async def save_item(self, thread_id: str, item: ThreadItem, context: None) -> None:
        self.items[thread_id][item.id] = item

    async def load_item(self, thread_id: str, item_id: str, context: None) -> ThreadItem:
        return self.items[thread_id][item_id]

    async def delete_thread(self, thread_id: str, context: None) -> None:
        del self.threads[thread_id], self.items[thread_id]

    async def delete_thread_item(self, thread_id: str, item_id: str, context: None) -> None:
        del self.items[thread_id][item_id]

    async def save_attachment(self, attachment: Attachment, context: None) -> None:
        raise NotImplementedError

    async def load_attachment(self, attachment_id: str, context: None) -> Attachment:
        raise NotImplementedError

    async def delete_attachment(self, attachment_id: str, context: None) -> None:
        raise NotImplementedError


def _page(rows: list[Any], limit: int, after: str | None, order: str) -> Page[Any]:
    rows = rows if order == "asc" else rows[::-1]
    start = next((n for n, row in enumerate(rows, 1) if row.id == after), 0)
    data = rows[start : start + limit]
    more = len(rows) > start + limit
    return Page(data=data, has_more=more, after=data[-1].id if more else None)


@pytest.fixture
def official() -> Send:
    server = OfficialServer(MemoryStore())

    async def send(request: dict[str, Any]) -> list[dict[str, Any]]:
        result = await server.process(json.dumps(request), None)
        if isinstance(result, NonStreamingResult):
            return [json.loads(result.json)]
        assert isinstance(result, StreamingResult)
        return _events([chunk async for chunk in result])

    return send


@pytest.fixture
async def ours(tmp_path: Path) -> AsyncIterator[Send]:
    index, embedder = await small_index(tmp_path / "index")
    statements = [Statement(sentence, (0,), quote) for sentence, quote in zip(SENTENCES, QUOTES, strict=True)]
    parts = Parts(settings(), index, embedder, ScriptedAnswerer(statements))
    database = await open_database("sqlite:///:memory:")
    chatkit = parts.services(Metrics(), database).chatkit

    async def send(request: dict[str, Any]) -> list[dict[str, Any]]:
        answered = await chatkit.handle(json.dumps(request).encode(), caller("owner"))
        if isinstance(answered, bytes):
            return [json.loads(answered)]
        return _events([chunk async for chunk in answered])

    yield send
    await database.aclose()
    await index.aclose()


def _events(chunks: list[bytes]) -> list[dict[str, Any]]:
    for chunk in chunks:
        assert chunk.startswith(b"data: {")
        assert chunk.endswith(b"}\n\n")
        assert chunk.count(b"\n") == 2
    return [json.loads(chunk[6:]) for chunk in chunks]


class Masks:
    """Names ids by their order of appearance and takes times away, the same way for both servers."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def __call__(self, value: Any) -> Any:
        text = json.dumps(value, sort_keys=True, ensure_ascii=False)
        text = re.sub(r"(?:thr|msg)_[0-9a-f]+", self._name, text)
        text = re.sub(r'"\d{4}-\d\d-\d\dT[\d:.]+Z?"', '"<time>"', text)
        return json.loads(text)

    def _name(self, match: re.Match[str]) -> str:
        return self.names.setdefault(match.group(), f"{match.group()[:3]}<{len(self.names)}>")


async def transcript(send: Send) -> list[Any]:
    """One conversation with every request that both servers know."""

    def said(text: str) -> dict[str, Any]:
        content = [{"type": "input_text", "text": text}]
        return {
            "input": {"content": content, "attachments": [], "quoted_text": None, "inference_options": {}}
        }

    log: list[Any] = []

    async def record(kind: str, /, **params: Any) -> list[dict[str, Any]]:
        answers = await send({"type": kind, "params": params})
        log.extend([{">>>": kind}, *answers])
        return answers

    created = await record("threads.create", **said("How do I change the colour of the lamp?"))
    thread = created[0]["thread"]["id"]
    question = created[1]["item"]["id"]
    await record("threads.get_by_id", thread_id=thread)
    await record("threads.add_user_message", thread_id=thread, **said("What about the colour of the lamp?"))
    page = await record("items.list", thread_id=thread, limit=3, order="desc")
    await record("items.list", thread_id=thread, limit=3, order="desc", after=page[0]["after"])
    await record("items.list", thread_id=thread, order="asc")
    await record("threads.retry_after_item", thread_id=thread, item_id=question)
    await record("items.list", thread_id=thread)
    await record("items.feedback", thread_id=thread, item_ids=[question], kind="positive")
    await record("threads.update", thread_id=thread, title="Lamps")
    await record("threads.create", **said("The colour of the lamp, please"))
    listed = await record("threads.list", limit=1)
    await record("threads.list", limit=20, after=listed[0]["after"])
    await record("threads.delete", thread_id=thread)
    await record("threads.list")
    return log


async def test_our_transcript_is_the_official_one(official: Send, ours: Send) -> None:
    expected, found = Masks()(await transcript(official)), Masks()(await transcript(ours))
    for position, (left, right) in enumerate(zip(expected, found, strict=False)):
        assert right == left, f"message {position}"
    assert len(found) == len(expected)
    assert len(expected) > 50
