"""A ChatKit endpoint that says exactly what a browser test tells it to.

It stands in for the API only where the real one cannot be made to misbehave on cue: an answer that
never ends, a connection that breaks, text that tries to become HTML, a session that expires. The
protocol's shapes are those of the real API; journeys that need real answers run against the real one.
"""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Event = dict[str, Any]


@dataclass
class Script:
    """What happens next; a test changes it at any time."""

    text: str = "Set `baseUrl` in the config."
    annotations: list[Event] = field(default_factory=list)
    effects: list[Event] = field(default_factory=list)
    delay_seconds: float = 0.0
    """Pause between two pieces of the answer."""
    cut_after: int | None = None
    """Number of pieces after which the connection breaks."""
    hold: threading.Event | None = None
    """The answer waits here before it goes on."""
    hold_after: int = 1
    """Number of pieces that come before the answer waits."""
    refuse: tuple[int, str, str] | None = None
    """Status, code and message for every request but that for a session."""
    retry_after: int | None = None
    """Seconds to wait that go with a refusal."""
    hits: list[Event] = field(default_factory=list)
    """What every search finds."""
    expire_once: bool = False
    """The next protocol request gets 401."""


class ScriptedChatKit:
    """The server: `url`, the `script` it follows, the requests it got, and `close()`."""

    def __init__(self, port: int = 0) -> None:
        self.script = Script()
        self.requests: list[dict[str, Any]] = []
        self.searches: list[dict[str, str]] = []
        self.reports: list[dict[str, Any]] = []
        """Bodies of the requests that explain a vote."""
        self.sessions = 0
        self.disconnects = 0
        self.threads: dict[str, dict[str, Any]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self._server.server_address[1]}"

    def reset(self) -> None:
        self.script = Script()
        self.requests = []
        self.searches = []
        self.reports = []
        self.threads = {}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: dict[str, Any]) -> Iterator[Event]:
        """The events of a streaming request; the thread grows as they are sent."""
        script, params = self.script, request["params"]
        if request["type"] == "threads.create":
            thread = self._new_thread(params["input"])
            yield {"type": "thread.created", "thread": _shown(thread, with_items=False)}
        else:
            thread = self.threads[params["thread_id"]]
        if request["type"] == "threads.retry_after_item":
            ids = [item["id"] for item in thread["items"]]
            del thread["items"][ids.index(params["item_id"]) + 1 :]
        else:
            yield {
                "type": "thread.item.done",
                "item": self._add(thread, "user_message", params["input"]["content"])
                | {"quoted_text": params["input"].get("quoted_text")},
            }
        yield {"type": "progress_update", "icon": "search", "text": "Searching the docs…"}
        message = self._add(thread, "assistant_message", [])
        thread["items"].remove(message)
        yield {"type": "thread.item.added", "item": {**message, "content": []}}
        part: Event = {"type": "output_text", "text": "", "annotations": []}
        yield _update(message, "added", content=dict(part))
        for piece in _pieces(script.text):
            part["text"] += piece
            yield _update(message, "text_delta", delta=piece)
        for position, annotation in enumerate(script.annotations):
            part["annotations"].append(annotation)
            yield _update(message, "annotation_added", annotation_index=position, annotation=annotation)
        yield _update(message, "done", content=part)
        done = {**message, "content": [part]}
        thread["items"].append(done)
        yield {"type": "thread.item.done", "item": done}
        yield from script.effects

    def reply(self, request: dict[str, Any]) -> Any:
        """The body of a request that is answered with JSON."""
        params = request["params"]
        match request["type"]:
            case "threads.get_by_id":
                return _shown(self.threads[params["thread_id"]])
            case "threads.list":
                threads = [_shown(thread, with_items=False) for thread in reversed(self.threads.values())]
                return {"data": threads, "has_more": False}
            case "threads.update":
                self.threads[params["thread_id"]]["title"] = params["title"]
                return _shown(self.threads[params["thread_id"]], with_items=False)
            case "threads.delete":
                del self.threads[params["thread_id"]]
        return {}

    def _new_thread(self, given: Event) -> dict[str, Any]:
        number = len(self.threads) + 1
        thread = {
            "id": f"thr_{number}",
            "title": given["content"][0]["text"],
            "created_at": "2026-01-01T00:00:00Z",
            "status": {"type": "active"},
            "items": [],
        }
        self.threads[thread["id"]] = thread
        return thread

    @staticmethod
    def _add(thread: dict[str, Any], kind: str, content: list[Event]) -> Event:
        item = {
            "id": f"msg_{thread['id']}_{len(thread['items'])}",
            "thread_id": thread["id"],
            "created_at": "2026-01-01T00:00:00Z",
            "type": kind,
            "content": content,
        }
        if kind == "user_message":
            item |= {"attachments": [], "inference_options": {}}
        thread["items"].append(item)
        return item


def citation(url: str, title: str, quote: str, index: int | None) -> Event:
    """An annotation as the API sends it."""
    source = {"type": "url", "url": url, "title": title, "description": quote, "group": title.split(" › ")[0]}
    return {"type": "annotation", "source": source, **({} if index is None else {"index": index})}


def _pieces(text: str) -> list[str]:
    words = text.split(" ")
    return [word + " " for word in words[:-1]] + words[-1:]


def _update(message: Event, kind: str, **fields: Any) -> Event:
    update = {"type": f"assistant_message.content_part.{kind}", "content_index": 0, **fields}
    return {"type": "thread.item.updated", "item_id": message["id"], "update": update}


def _shown(thread: dict[str, Any], *, with_items: bool = True) -> dict[str, Any]:
    return {**thread, "items": {"data": thread["items"] if with_items else [], "has_more": False}}


def _handler(server: ScriptedChatKit) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            self._start(204)
            self.end_headers()

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path != "/api/search":
                self._error(404, "not_found", "There is nothing here.")
                return
            server.searches.append(dict(parse_qsl(address.query)))
            if server.script.refuse:
                self._error(*server.script.refuse)
            else:
                self._json(200, {"hits": server.script.hits, "took_ms": 1.0})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if self.path == "/api/chatkit/session":
                server.sessions += 1
                secret = {"client_secret": f"secret-{server.sessions}", "expires_at": "2099-01-01T00:00:00Z"}
                self._json(200, secret)
                return
            request = json.loads(body)
            script = server.script
            if self.path == "/api/feedback":
                thread_id = request["thread_id"]
            else:
                server.requests.append(request)
                thread_id = request["params"].get("thread_id")
            if script.expire_once or not self.headers.get("authorization"):
                script.expire_once = False
                self._error(401, "session_invalid", "The session has ended.")
            elif script.refuse:
                self._error(*script.refuse)
            elif thread_id is not None and thread_id not in server.threads:
                self._error(404, "not_found", "This conversation no longer exists.")
            elif self.path == "/api/feedback":
                server.reports.append(request)
                self._start(204)
                self.end_headers()
            elif request["type"] in (
                "threads.create",
                "threads.add_user_message",
                "threads.retry_after_item",
            ):
                self._stream(request, script)
            else:
                self._json(200, server.reply(request))

        def _stream(self, request: dict[str, Any], script: Script) -> None:
            self._start(200)
            self.send_header("content-type", "text/event-stream; charset=utf-8")
            self.end_headers()
            pieces = 0
            try:
                for event in server.answer(request):
                    self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
                    self.wfile.flush()
                    if event.get("update", {}).get("type", "").endswith("text_delta"):
                        pieces += 1
                        if pieces == script.cut_after:
                            return
                        self._pause(script, pieces)
            except (BrokenPipeError, ConnectionResetError):
                server.disconnects += 1

        def _pause(self, script: Script, pieces: int) -> None:
            if script.hold and pieces >= script.hold_after:
                while not script.hold.wait(0.05):  # A comment, to learn that the reader has gone.
                    self.wfile.write(b": ping\n")
                    self.wfile.flush()
            elif script.delay_seconds:
                threading.Event().wait(script.delay_seconds)

        def _error(self, status: int, code: str, message: str) -> None:
            self._json(status, {"code": code, "message": message, "details": None})

        def _json(self, status: int, value: Any) -> None:
            body = json.dumps(value).encode()
            self._start(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            if status >= 400 and server.script.retry_after is not None:
                self.send_header("retry-after", str(server.script.retry_after))
            self.end_headers()
            self.wfile.write(body)

        def _start(self, status: int) -> None:
            self.send_response(status)
            self.send_header("access-control-allow-origin", self.headers.get("origin", "*"))
            self.send_header("access-control-allow-headers", "authorization, content-type, accept-language")
            self.send_header("access-control-allow-methods", "POST, OPTIONS")
            self.send_header("access-control-expose-headers", "retry-after")
            self.send_header("connection", "close")

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: the tests read `requests`."""

    return Handler
