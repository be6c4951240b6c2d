"""The ChatKit protocol in terms of our conversations and answers.

Only the message types of the `chatkit` package are used: its server imports an agent framework and
loses answers that are stopped. Everything that can be refused is refused before the response starts,
as JSON with a status; what fails later is an `error` event of the stream.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import anyio
from chatkit.errors import ErrorCode
from chatkit.types import (
    AssistantMessageItem,
    ChatKitReq,
    ErrorEvent,
    ItemsFeedbackReq,
    ItemsListReq,
    NoticeEvent,
    Page,
    StreamOptions,
    StreamOptionsEvent,
    Thread,
    ThreadCreatedEvent,
    ThreadItem,
    ThreadItemDoneEvent,
    ThreadMetadata,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    ThreadsDeleteReq,
    ThreadsGetByIdReq,
    ThreadsListReq,
    ThreadsRetryAfterItemReq,
    ThreadStreamEvent,
    ThreadsUpdateReq,
    ThreadUpdatedEvent,
    UserMessageInput,
    UserMessageItem,
)
from pydantic import BaseModel, TypeAdapter, ValidationError

from footnote_api.answer_message import AnswerMessage
from footnote_api.answerers import Turn
from footnote_api.assistant import Assistant
from footnote_api.clients import Caller
from footnote_api.events import Done, Searching
from footnote_api.limits import Limits
from footnote_api.questions import HISTORY_TURNS, Asked, recent
from footnote_api.streams import PING, OpenStreams, paced
from footnote_api.threads import DEFAULT_LIMIT, MAX_LIMIT, Feedback, Threads, new_id
from footnote_api.validation import failure_of
from footnote_core import log
from footnote_core.errors import (
    BadRequest,
    FootnoteError,
    NotFound,
    NotSupported,
    StorageUnavailable,
    TooLarge,
)

_TITLE_CHARACTERS = 60
_REQUEST: TypeAdapter[ChatKitReq] = TypeAdapter(ChatKitReq)
"""Built once: building it takes milliseconds, using it microseconds."""


class Failure(ErrorEvent):
    """An error of ours in mid-answer; `reason` is the code that the error body would have."""

    reason: str


@dataclass(frozen=True, slots=True)
class ChatKit:
    """Answers ChatKit requests of one owner at a time."""

    threads: Threads
    assistant: Assistant
    limits: Limits
    answering: OpenStreams = field(default_factory=OpenStreams)

    async def handle(self, raw: bytes, caller: Caller) -> bytes | AsyncGenerator[bytes]:
        """JSON for a plain request, a generator of server-sent events for one that streams.

        Raises every FootnoteError there is before the first event.
        """
        try:
            request = _REQUEST.validate_json(raw)
        except ValidationError as error:
            raise failure_of(error) from None
        if isinstance(request, ThreadsCreateReq | ThreadsAddUserMessageReq | ThreadsRetryAfterItemReq):
            self.limits.question(caller)
        else:
            self.limits.read(caller.client)
        threads, owner = self.threads, caller.owner
        match request:
            case ThreadsCreateReq(params=params):
                asked = await self._asked(params.input, request.metadata)
                thread = ThreadMetadata(
                    id=new_id("thr"), created_at=datetime.now(UTC), title=_title(asked.question)
                )
                message = _user_message(thread, params.input)
                await threads.add_thread(owner, thread, message)
                opening: list[ThreadStreamEvent] = [
                    ThreadCreatedEvent(thread=_shown(thread.model_copy(update={"title": None}))),
                    ThreadItemDoneEvent(item=message),
                ]
                return self._stream(owner, thread, asked, [], opening)
            case ThreadsAddUserMessageReq(params=params):
                thread = await threads.thread(owner, params.thread_id)
                asked = await self._asked(params.input, request.metadata)
                history = await self._history(owner, thread, before=None)
                message = _user_message(thread, params.input)
                await threads.add_item(owner, message, answers=1)
                return self._stream(owner, thread, asked, history, [ThreadItemDoneEvent(item=message)])
            case ThreadsRetryAfterItemReq(params=params):
                thread = await threads.thread(owner, params.thread_id)
                item = await threads.item(owner, thread.id, params.item_id)
                if not isinstance(item, UserMessageItem):
                    raise BadRequest("Only a reader's message can be answered again.")
                asked = await self._ready(item, request.metadata)
                await threads.delete_items_after(owner, thread.id, item.id)
                history = await self._history(owner, thread, before=item.id)
                return self._stream(owner, thread, asked, history, [])
            case ThreadsGetByIdReq(params=params):
                thread = await threads.thread(owner, params.thread_id)
                return _json(
                    _shown(thread, await threads.items(owner, thread.id, DEFAULT_LIMIT, None, "asc"))
                )
            case ThreadsListReq(params=params):
                page = await threads.threads(owner, params.limit, params.after, params.order)
                data = [_shown(thread) for thread in page.data]
                return _json(Page(data=data, has_more=page.has_more, after=page.after))
            case ThreadsUpdateReq(params=params):
                thread = await threads.thread(owner, params.thread_id)
                thread.title = _title(params.title)
                await threads.save_thread(owner, thread)
                return _json(_shown(thread))
            case ThreadsDeleteReq(params=params):
                await threads.delete_thread(owner, params.thread_id)
                return b"{}"
            case ItemsListReq(params=params):
                items = await threads.items(owner, params.thread_id, params.limit, params.after, params.order)
                return _json(items)
            case ItemsFeedbackReq(params=params):
                await self.vote(owner, params.thread_id, params.item_ids, Feedback(params.kind))
                return b"{}"
        raise NotSupported(f"{request.type} is not supported.", {"type": request.type})

    async def vote(self, owner: str, thread_id: str, item_ids: Sequence[str], feedback: Feedback) -> None:
        """Keep a reader's vote on messages with their conversation, and count it."""
        if len(item_ids) > MAX_LIMIT:
            raise TooLarge(f"At most {MAX_LIMIT} messages can be voted on at once.", {"max_items": MAX_LIMIT})
        await self.threads.save_feedback(owner, thread_id, item_ids, feedback)
        self.assistant.metrics.feedback(feedback.kind, feedback.reason)

    async def _asked(self, given: UserMessageInput, metadata: dict[str, Any]) -> Asked:
        """The question of a new message, once it is known that it can be answered."""
        if given.attachments:
            raise NotSupported("Attachments are not supported. Send the text of the question only.")
        return await self._ready(given, metadata)

    async def _ready(self, message: UserMessageInput | UserMessageItem, metadata: dict[str, Any]) -> Asked:
        try:
            asked = Asked(
                question=_words(message), selection=(message.quoted_text or "").strip(), **_place(metadata)
            )
        except ValidationError as error:
            raise failure_of(error) from None
        await self.assistant.ready()
        return asked

    async def _history(self, owner: str, thread: ThreadMetadata, before: str | None) -> list[Turn]:
        page = await self.threads.items(owner, thread.id, HISTORY_TURNS, before, "desc")
        turns = []
        for item in reversed(page.data):
            if isinstance(item, UserMessageItem):
                turns.append(Turn("user", _text(item)))
            elif isinstance(item, AssistantMessageItem):
                turns.append(Turn("assistant", "".join(part.text for part in item.content)))
        return recent(turns)

    async def _stream(
        self,
        owner: str,
        thread: ThreadMetadata,
        asked: Asked,
        history: Sequence[Turn],
        opening: Sequence[ThreadStreamEvent],
    ) -> AsyncGenerator[bytes]:
        """The events of one answer. What was said is stored, however the stream ends."""
        with self.answering.one():
            for event in opening:
                yield _frame(event)
            yield _frame(StreamOptionsEvent(stream_options=StreamOptions(allow_cancel=True)))
            reply = AnswerMessage(thread.id)
            try:
                answer = self.assistant.answer(asked.question, history=history, place=asked.place())
                async with aclosing(paced(answer)) as events:
                    async for answered in events:
                        if answered is None:
                            yield PING
                            continue
                        stored = True
                        for event in reply.events(answered):
                            if isinstance(event, ThreadItemDoneEvent):
                                stored = await self._save(owner, reply)
                            yield _frame(event)
                        if isinstance(answered, Done) and not stored:
                            told = answered.answer.phrases.not_stored
                            yield _frame(NoticeEvent(level="warning", message=told))
                        if isinstance(answered, Searching) and len(opening) > 1:
                            # The title of a new thread comes as an update, as from ChatKit's own server.
                            yield _frame(ThreadUpdatedEvent(thread=_shown(thread)))
            except FootnoteError as error:
                log.warning("answer_ended", code=error.code, reason=error.reason)
                yield _frame(
                    Failure(
                        code="custom", reason=error.code, message=error.message, allow_retry=error.retryable
                    )
                )
            except Exception:  # noqa: BLE001 - the response has begun: only an event can tell; the log has the rest
                log.failure("answer_failed")
                yield _frame(ErrorEvent(code=ErrorCode.STREAM_ERROR, allow_retry=True))
            finally:
                await self._save(owner, reply)

    async def _save(self, owner: str, reply: AnswerMessage) -> bool:
        """Store what was said so far, once, also when the task is being cancelled. False where that fails."""
        if not reply.unsaved:
            return True
        reply.saved = True
        with anyio.CancelScope(shield=True):
            try:
                await self.threads.add_item(owner, reply.item())
            except NotFound:
                pass  # the reader deleted the conversation meanwhile
            except (StorageUnavailable, TooLarge) as error:
                # The reader has seen the answer; nothing is gained by an error behind it.
                log.warning("answer_not_stored", code=error.code, reason=error.reason)
                return False
        return True


def _words(message: UserMessageInput | UserMessageItem) -> str:
    return "".join(part.text for part in message.content).strip()


def _text(message: UserMessageItem) -> str:
    """The words of an earlier message; quoted words of the docs follow the question."""
    return "\n\n".join(filter(None, (_words(message), (message.quoted_text or "").strip())))


def _title(text: str) -> str:
    """A conversation's title: one line, cut between words."""
    line = " ".join(text.split())
    if len(line) <= _TITLE_CHARACTERS:
        return line
    return line[:_TITLE_CHARACTERS].rsplit(" ", 1)[0] + "…"


def _place(metadata: dict[str, Any]) -> dict[str, Any]:
    """Page, version and locale of the docs that the reader looks at, where the client says so."""
    return {name: metadata[name] for name in ("page", "version", "locale") if metadata.get(name)}


def _user_message(thread: ThreadMetadata, given: UserMessageInput) -> UserMessageItem:
    return UserMessageItem(
        id=new_id("msg"),
        thread_id=thread.id,
        created_at=datetime.now(UTC),
        content=given.content,
        quoted_text=given.quoted_text,
        inference_options=given.inference_options,
    )


def _shown(thread: ThreadMetadata, items: Page[ThreadItem] | None = None) -> Thread:
    """The thread as the client may see it: without its metadata."""
    return Thread(
        id=thread.id,
        title=thread.title,
        created_at=thread.created_at,
        status=thread.status,
        items=items or Page(),
    )


def _json(value: BaseModel) -> bytes:
    return value.model_dump_json(by_alias=True, exclude_none=True).encode()


def _frame(event: ThreadStreamEvent) -> bytes:
    return b"data: " + _json(event) + b"\n\n"
