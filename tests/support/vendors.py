"""Stand-ins for OpenAI and Cohere on a local port, with the bodies of their published APIs.

They answer embeddings, reranking, Responses and Chat Completions, and misbehave on cue: the next
requests meet the faults in `faults`, one each.
"""

import hashlib
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import openai

from footnote_core.embedders.openai import open_client
from footnote_core.settings import Settings

Json = dict[str, Any]
KEY = "test-key"


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request.

    status          an error status instead of an answer
    retry_after     seconds to wait that the headers of that answer ask for
    delay_seconds   before the first byte
    cut_after       events after which a stream ends without its end
    malformed_after events after which one is not JSON
    failed_after    events after which the vendor reports a failure in the stream
    body            instead of the right one
    code            OpenAI's name for the error of that status
    finish          how a stream says that it ended: `content_filter`, or `refusal` for a model that declines
    """

    status: int = 200
    retry_after: float | None = None
    delay_seconds: float = 0.0
    cut_after: int | None = None
    malformed_after: int | None = None
    failed_after: int | None = None
    body: bytes | None = None
    code: str | None = None
    finish: str | None = None


@dataclass
class Vendors:
    """The server, what it says, and what it was asked."""

    url: str = ""
    answer: list[str] = field(default_factory=lambda: ["Set ", "the colour", " [1].", " Done [1]."])
    rewritten: str = "What is the default of the lamp's timer?"
    """The answer to requests that do not stream."""
    pause_seconds: float = 0.0
    """Between two events of a stream."""
    dimension: int = 8
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, Json]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    """Of the same requests, names in lower case."""
    usage: tuple[int, int] | None = None
    """Tokens in and out that an answer is said to have cost."""
    models: list[str] = field(default_factory=lambda: ["gpt-test"])
    connections: set[tuple[str, int]] = field(default_factory=set)
    """Over which the requests came."""
    reader_left_at: float | None = None
    """`time.monotonic()` when a stream could not be written to any more."""

    def vector(self, text: str) -> list[float]:
        """Deterministic numbers, not of length 1."""
        digest = hashlib.sha256(text.encode()).digest()
        return [1.0 + digest[n % 32] / 64 for n in range(self.dimension)]

    def reply(self, path: str, body: Json) -> Json:
        match path:
            case "/v1/embeddings":
                data = [
                    {"object": "embedding", "index": n, "embedding": self.vector(text)}
                    for n, text in enumerate(body["input"])
                ]
                usage = {"prompt_tokens": 1, "total_tokens": 1}
                return {"object": "list", "data": data[::-1], "model": body["model"], "usage": usage}
            case "/v2/embed":
                assert len(body["texts"]) <= 96
                vectors = [self.vector(text) for text in body["texts"]]
                return {
                    "id": "1",
                    "embeddings": {"float": vectors},
                    "texts": body["texts"],
                    "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 1}},
                }
            case "/v2/rerank":
                query = set(body["query"].lower().split())
                scores = [len(query & set(text.lower().split())) / len(query) for text in body["documents"]]
                order = sorted(range(len(scores)), key=lambda n: -scores[n])
                results = [{"index": n, "relevance_score": scores[n]} for n in order]
                return {"id": "1", "results": results, "meta": {"billed_units": {"search_units": 1}}}
            case "/v1/responses":
                *_, (_, last) = self.events(path, body)
                assert isinstance(last, dict)
                response: Json = last["response"]
                response["output"][0]["content"][0]["text"] = self.rewritten
                return response
            case "/v1/chat/completions":
                message = {"role": "assistant", "content": self.rewritten, "refusal": None}
                choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
                return {
                    "id": "chatcmpl-1",
                    "object": "chat.completion",
                    "created": 1_790_000_000,
                    "model": body["model"],
                    "choices": [choice],
                }
        raise AssertionError(f"unexpected path {path}")

    def events(
        self, path: str, body: Json, finish: str | None = None
    ) -> Iterator[tuple[str | None, Json | str]]:
        """Event name and data of a stream."""
        if path == "/v1/responses":
            yield from _numbered(_responses(self.answer, body["model"], finish, self.usage))
        else:
            usage = self.usage if body.get("stream_options", {}).get("include_usage") else None
            yield from ((None, chunk) for chunk in _chat(self.answer, body["model"], finish, usage))
            yield None, "[DONE]"


def _responses(
    texts: list[str], model: str, finish: str | None, usage: tuple[int, int] | None
) -> Iterator[Json]:
    response: Json = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_790_000_000,
        "model": model,
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "text": "", "annotations": []}
    message = {"id": "msg_1", "type": "message", "role": "assistant"}
    yield {"type": "response.created", "response": response | {"status": "in_progress"}}
    yield {"type": "response.in_progress", "response": response | {"status": "in_progress"}}
    yield {
        "type": "response.output_item.added",
        "output_index": 0,
        "item": message | {"status": "in_progress", "content": []},
    }
    yield {"type": "response.content_part.added", **place, "part": part}
    for text in texts:
        yield {"type": "response.output_text.delta", **place, "delta": text, "logprobs": []}
    if finish == "refusal":
        yield {"type": "response.refusal.done", **place, "refusal": "I cannot help with that."}
    if finish == "content_filter":
        ended = {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}
        yield {"type": "response.incomplete", "response": response | ended}
        return
    whole = part | {"text": "".join(texts)}
    yield {"type": "response.output_text.done", **place, "text": whole["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": whole}
    item = message | {"status": "completed", "content": [whole]}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    completed: Json = {"status": "completed", "output": [item]}
    if usage:
        completed["usage"] = {
            "input_tokens": usage[0],
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": usage[1],
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": sum(usage),
        }
    yield {"type": "response.completed", "response": response | completed}


def _numbered(events: Iterator[Json]) -> Iterator[tuple[str, Json]]:
    for number, event in enumerate(events):
        yield event["type"], event | {"sequence_number": number}


def _chat(texts: list[str], model: str, finish: str | None, usage: tuple[int, int] | None) -> Iterator[Json]:
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": model}
    deltas: list[tuple[Json, str | None]] = [({"role": "assistant", "content": ""}, None)]
    deltas += [({"content": text}, None) for text in texts]
    if finish == "refusal":
        deltas += [({"refusal": "I cannot help with that."}, None)]
    deltas += [({}, finish if finish == "content_filter" else "stop")]
    for delta, reason in deltas:
        yield base | {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
    if usage:
        counts = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
        yield base | {"choices": [], "usage": counts}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in mid-answer is what some tests are about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def vendors(state: Vendors | None = None, address: str = "127.0.0.1") -> Iterator[Vendors]:
    """A running stand-in; OpenAI's API is at `url + "/v1"`, Cohere's at `url`."""
    state = state or Vendors()
    server = _Server((address, 0), _handler(state))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    state.url = f"http://{address}:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def openai_client(url: str, key: str = KEY, retries: int = 2) -> openai.AsyncOpenAI:
    """The product's client, for the stand-in at `url`."""
    settings = Settings.from_mapping({"OPENAI_API_KEY": key, "OPENAI_BASE_URL": f"{url}/v1"})
    return open_client(settings).with_options(max_retries=retries)


def _handler(state: Vendors) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """The list of models."""
            if self.headers["authorization"] != f"Bearer {KEY}":
                self._refuse(Fault(status=401))
                return
            data = [
                {"id": model, "object": "model", "created": 1_790_000_000, "owned_by": "stand-in"}
                for model in state.models
            ]
            self._send(200, json.dumps({"object": "list", "data": data}).encode())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            state.requests.append((self.path, body))
            state.connections.add(self.client_address)
            state.headers.append({name.lower(): value for name, value in self.headers.items()})
            fault = state.faults.pop(0) if state.faults else Fault()
            time.sleep(fault.delay_seconds)
            if self.headers["authorization"] != f"Bearer {KEY}":
                fault = Fault(status=401)
            if fault.status != 200:
                self._refuse(fault)
            elif fault.body is not None:
                self._send(200, fault.body)
            elif body.get("stream"):
                self._stream(body, fault)
            else:
                self._send(200, json.dumps(state.reply(self.path, body)).encode())

        def _refuse(self, fault: Fault) -> None:
            message = f"stand-in says {fault.status}"
            kind = "rate_limit_exceeded" if fault.status == 429 else "error"
            openai: Json = {
                "error": {"message": message, "type": kind, "param": None, "code": fault.code or kind}
            }
            cohere: Json = {"id": "1", "message": message}
            body = openai if self.path.startswith("/v1") else cohere
            headers = {}
            if fault.retry_after is not None:
                headers["retry-after"] = str(round(fault.retry_after))
                headers["retry-after-ms"] = str(round(fault.retry_after * 1000))
            self._send(fault.status, json.dumps(body).encode(), headers)

        def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"content-type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _stream(self, body: Json, fault: Fault) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream; charset=utf-8")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            try:
                self._send_events(body, fault)
            except ConnectionError:
                state.reader_left_at = time.monotonic()
                raise

        def _send_events(self, body: Json, fault: Fault) -> None:
            for number, (name, data) in enumerate(state.events(self.path, body, fault.finish)):
                if number == fault.cut_after:
                    self.close_connection = True
                    return
                if number == fault.failed_after:
                    error = {
                        "message": "stand-in failed",
                        "type": "server_error",
                        "code": "server_error",
                        "param": None,
                    }
                    self._event("error", {"type": "error", "sequence_number": number, "error": error})
                time.sleep(state.pause_seconds)
                self._event(name, '{"type": "resp' if number == fault.malformed_after else data)
            time.sleep(state.pause_seconds)
            self._chunk(b"")

        def _event(self, name: str | None, data: Json | str) -> None:
            text = data if isinstance(data, str) else json.dumps(data)
            self._chunk((f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode())

        def _chunk(self, data: bytes) -> None:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
