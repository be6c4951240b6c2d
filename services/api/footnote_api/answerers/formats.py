"""Streamed answers of OpenAI's two interfaces: what is asked, and what their events say (pure)."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from openai.types.chat import ChatCompletionMessageParam

from footnote_api.answerers import Turn
from footnote_api.answerers.usage import Meter
from footnote_core.errors import UpstreamError

_EVENT_END = re.compile(rb"\r?\n\r?\n")
_DONE = b"[DONE]"


class ServerSentEvents:
    """Cuts the bytes of server-sent events into what they say, as JSON."""

    def __init__(self) -> None:
        self.ended = False
        """Whether the server has said that nothing follows; not all connections end then."""
        self._begun = b""

    def feed(self, data: bytes) -> Iterator[Any]:
        """The events that `data` completes. Raises UpstreamError for one that tells of a failure, else ValueError."""
        *events, self._begun = _EVENT_END.split(self._begun + data)
        for event in events:
            lines = [line[5:].strip() for line in event.splitlines() if line.startswith(b"data:")]
            if lines == [_DONE]:
                self.ended = True
            elif lines:
                said = json.loads(b"\n".join(lines))
                if said.get("error"):
                    raise _failed()
                yield said


class _Format:
    """What is kept while an answer comes."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._finished = False

    def check_end(self) -> None:
        """Raises UpstreamError where the answer was not finished."""
        if not self._finished:
            raise UpstreamError("The model's answer broke off.", {"kind": "cut"})


class ChatFormat(_Format):
    """Chat Completions, which other servers speak, too."""

    path = "/chat/completions"

    @staticmethod
    def request(model: str, instructions: str, turns: Sequence[Turn], max_tokens: int) -> dict[str, Any]:
        return {
            "model": model,
            "messages": chat_messages(instructions, turns),
            "max_tokens": max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }

    def text(self, chunk: Any) -> str:
        """What the model writes in this event. Raises UpstreamError where it was stopped."""
        if usage := chunk.get("usage"):
            self._meter.tell(usage["prompt_tokens"], usage["completion_tokens"])
        choices = chunk.get("choices")
        if not choices:
            return ""
        delta, reason = choices[0].get("delta") or {}, choices[0].get("finish_reason")
        if reason == "content_filter" or delta.get("refusal"):
            raise filtered()
        self._finished = self._finished or reason is not None
        return delta.get("content") or ""


class ResponsesFormat(_Format):
    """OpenAI's own interface."""

    path = "/responses"

    @staticmethod
    def request(model: str, instructions: str, turns: Sequence[Turn], max_tokens: int) -> dict[str, Any]:
        return {
            "model": model,
            "instructions": instructions,
            "input": [{"type": "message", "role": turn.role, "content": turn.content} for turn in turns],
            "max_output_tokens": max_tokens,
            "stream": True,
            "store": False,
        }

    def text(self, event: Any) -> str:
        """What the model writes in this event. Raises UpstreamError where it failed or was stopped."""
        match event.get("type"):
            case "response.output_text.delta":
                return str(event["delta"])
            case "response.failed" | "error":
                raise _failed()
            case "response.refusal.done":
                raise filtered()
            case "response.incomplete" | "response.completed":
                response = event["response"]
                if usage := response.get("usage"):
                    self._meter.tell(usage["input_tokens"], usage["output_tokens"])
                if (response.get("incomplete_details") or {}).get("reason") == "content_filter":
                    raise filtered()
                self._finished = True
        return ""


def chat_messages(instructions: str, turns: Sequence[Turn]) -> list[ChatCompletionMessageParam]:
    messages: list[ChatCompletionMessageParam] = [{"role": "system", "content": instructions}]
    for turn in turns:
        if turn.role == "user":
            messages.append({"role": "user", "content": turn.content})
        else:
            messages.append({"role": "assistant", "content": turn.content})
    return messages


def filtered() -> UpstreamError:
    return UpstreamError("The model's content filter stopped the answer.", {"kind": "filter"})


def _failed() -> UpstreamError:
    return UpstreamError("OpenAI reported a failure while answering.", {"kind": "failed"})
