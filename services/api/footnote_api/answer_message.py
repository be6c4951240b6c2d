"""One answer of ours as ChatKit's events, and as the message that is kept of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ClientEffectEvent,
    NoticeEvent,
    ProgressUpdateEvent,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdate,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
    URLSource,
)

from footnote_api.events import Answer, Cited, Delta, Done, Event, Noticed, Searching
from footnote_api.threads import new_id
from footnote_core.models import Citation


@dataclass(slots=True)
class AnswerMessage:
    """The assistant's message while it is being said."""

    thread_id: str
    id: str = field(default_factory=lambda: new_id("msg"))
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    text: str = ""
    annotations: list[Annotation] = field(default_factory=list)
    saved: bool = False

    @property
    def unsaved(self) -> bool:
        return bool(self.text) and not self.saved

    def item(self) -> AssistantMessageItem:
        content = [self._content()] if self.text else []
        return AssistantMessageItem(
            id=self.id, thread_id=self.thread_id, created_at=self.created_at, content=content
        )

    def events(self, event: Event) -> Iterator[ThreadStreamEvent]:
        """ChatKit's events for one of ours."""
        match event:
            case Searching():
                yield ProgressUpdateEvent(icon="search", text="Searching the docs…")
            case Noticed(message=message):
                yield NoticeEvent(level="warning", message=message)
            case Delta(text=text):
                yield from self._say(text)
            case Cited(citation=citation, offset=offset):
                annotation = Annotation(source=_source(citation), index=offset)
                self.annotations.append(annotation)
                yield self._update(
                    AssistantMessageContentPartAnnotationAdded(
                        content_index=0, annotation_index=len(self.annotations) - 1, annotation=annotation
                    )
                )
            case Done(answer=answer):
                yield from self._end(answer)

    def _say(self, text: str) -> Iterator[ThreadStreamEvent]:
        if not self.text:
            yield ThreadItemAddedEvent(item=self.item())
            empty = AssistantMessageContent(text="")
            yield self._update(AssistantMessageContentPartAdded(content_index=0, content=empty))
        self.text += text
        yield self._update(AssistantMessageContentPartTextDelta(content_index=0, delta=text))

    def _end(self, answer: Answer) -> Iterator[ThreadStreamEvent]:
        if answer.nearest:
            yield from self._say(_see_instead(answer))
        yield self._update(AssistantMessageContentPartDone(content_index=0, content=self._content()))
        yield ThreadItemDoneEvent(item=self.item())
        if answer.nearest:
            nearest = [{"url": n.url, "title": n.title, "heading": n.heading} for n in answer.nearest]
            yield ClientEffectEvent(name="suggestions", data={"nearest": nearest})

    def _update(self, update: ThreadItemUpdate) -> ThreadItemUpdatedEvent:
        return ThreadItemUpdatedEvent(item_id=self.id, update=update)

    def _content(self) -> AssistantMessageContent:
        return AssistantMessageContent(text=self.text, annotations=list(self.annotations))


def _source(citation: Citation) -> URLSource:
    """A citation as ChatKit shows it; there is no field for a heading."""
    return URLSource(
        url=citation.url,
        title=_trail(citation.title, citation.heading),
        description=citation.quote,
        group=citation.title,
    )


def _see_instead(answer: Answer) -> str:
    """Markdown links that stay in the conversation."""
    links = [f"- [{_trail(n.title, n.heading).translate(_BRACKETS)}]({n.url})" for n in answer.nearest]
    return "\n\n" + "\n".join([answer.phrases.nearest, "", *links])


_BRACKETS = str.maketrans({"[": r"\[", "]": r"\]"})


def _trail(title: str, heading: str | None) -> str:
    return f"{title} › {heading}" if heading and heading != title else title
