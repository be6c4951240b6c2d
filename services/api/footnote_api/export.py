"""All conversations of one owner as JSON, a piece at a time: nobody's history fills the memory."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

from chatkit.types import Page, ThreadMetadata
from pydantic_core import to_json

from footnote_api.threads import MAX_LIMIT, Threads
from footnote_core.errors import NotFound


async def exported(threads: Threads, owner: str) -> AsyncGenerator[bytes]:
    """The pieces of `{"exported_at", "conversations": [{"id", "title", "created_at", "messages"}]}`.

    Oldest first. Times are RFC 3339, UTC. Raises StorageUnavailable before there is a first piece.
    """
    return _pieces(threads, owner, await threads.threads(owner, MAX_LIMIT, None, "asc"))


async def _pieces(threads: Threads, owner: str, page: Page[ThreadMetadata]) -> AsyncGenerator[bytes]:
    now = datetime.now(UTC).replace(microsecond=0)
    yield b'{"exported_at":' + to_json(now) + b',"conversations":['
    between = b""
    while True:
        for thread in page.data:
            try:
                messages = await _messages(threads, owner, thread.id)
            except NotFound:  # deleted meanwhile
                continue
            head = {"id": thread.id, "title": thread.title, "created_at": thread.created_at}
            yield between + to_json(head | {"messages": messages})
            between = b","
        if not page.has_more:
            break
        page = await threads.threads(owner, MAX_LIMIT, page.after, "asc")
    yield b"]}"


async def _messages(threads: Threads, owner: str, thread_id: str) -> list[dict[str, Any]]:
    votes = await threads.feedback(owner, thread_id)
    messages: list[dict[str, Any]] = []
    after = None
    while True:
        page = await threads.items(owner, thread_id, MAX_LIMIT, after, "asc")
        for item in page.data:
            match item.type:
                case "user_message":
                    parts: list[Any] = list(item.content)
                    more: dict[str, Any] = {"role": "user", "quoted": item.quoted_text}
                case "assistant_message":
                    parts = list(item.content)
                    sources = [note.source for part in item.content for note in part.annotations]
                    more = {
                        "role": "assistant",
                        "citations": [
                            {"url": source.url, "title": source.title, "quote": source.description}
                            for source in sources
                            if source.type == "url"
                        ],
                        "feedback": votes.get(item.id),
                    }
                case _:
                    continue
            text = "".join(part.text for part in parts)
            messages.append({"id": item.id, "created_at": item.created_at, "text": text} | more)
        if not page.has_more:
            return messages
        after = page.after
