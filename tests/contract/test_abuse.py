"""Clients that mean no good, at the real server: nothing leaks, nothing fails, others are served meanwhile.

What one request alone can show is in tests/unit/api: bodies, limits, sessions, owners. Here are the
sockets, both workers, and everything at once.
"""

import asyncio
import gzip
import json
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from chatkit.types import ChatKitReq
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config

from footnote_api.connections import HEAD_BYTES, METRICS, BoundedProtocol
from footnote_api.metrics import Metrics
from footnote_api.sessions import Sessions
from footnote_api.worker import LingeringServer
from tests.contract.test_chatkit_server import serving
from tests.contract.test_shared_limits import flood, index_folder  # noqa: F401 - a fixture
from tests.support.api import QUESTION
from tests.support.smuggling import NEXT, POST, SMUGGLED
from tests.unit.api.test_chatkit import message

PAGE = "https://docs.example.com"
KEY = "a-key-of-these-tests-which-nobody-can-guess"
SECRET_WORDS = "lamp of the victim"
HOSTILE_ORIGINS = (
    "null",
    "https://evil.example",
    "http://docs.example.com",
    "https://docs.example.com:444",
    "https://docs.example.com:80",
    "https://docs.example.com.",
    "https://docs.example.com.evil.example",
    "https://docs.example.com-evil.example",
    "https://docs.example.com@evil.example",
    "https://docs.example.com%2eevil.example",
    "https://docs.example.com%00.evil.example",
    "https://docs.example.com,evil.example",
    "https://docs.example.com, https://evil.example",
    "https://docs.example.com https://evil.example",
    "https://docs.example.com/",
    "https://docs.example.com/docs",
    "https://docs.example.com?evil",
    "https://docs.example.com#evil",
    "https://evildocs.example.com",
    "https://evil.docs.example.com",
    "https://docs-example.com",
    "https://docs.examplexcom",
    "https://docs.example.co",
    "https://example.com",
    "https://DOCS.example.com",
    "HTTPS://docs.example.com",
    "https://d\u00f3cs.example.com",
    "https://xn--dcs-hna.example.com",
    "https:docs.example.com",
    "//docs.example.com",
    "docs.example.com",
    "*",
    "file://",
    "chrome-extension://docs.example.com",
    "http://localhost:3000",
    "http://127.0.0.1:3000",
)


@dataclass(frozen=True)
class Api:
    """The running server and its log."""

    url: str
    log: Path

    def raw(self, data: bytes) -> bytes:
        """All that comes back for these bytes until the server closes; the last request should ask it to."""
        host, port = self.url.removeprefix("http://").split(":")
        received = b""
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            try:
                connection.sendall(data)
                while piece := connection.recv(65_536):
                    received += piece
            except ConnectionError:
                pass  # the server need not listen to the end
        return received

    def bearer(self, origin: str | None = PAGE) -> dict[str, str]:
        """The headers of a new reader."""
        headers = {"origin": origin} if origin else {}
        secret = httpx.post(f"{self.url}/api/chatkit/session", headers=headers).json()["client_secret"]
        return headers | {"authorization": f"Bearer {secret}"}

    def send(self, headers: dict[str, str], kind: str, /, **params: Any) -> httpx.Response:
        """One ChatKit request."""
        return httpx.post(
            f"{self.url}/api/chatkit", headers=headers, json={"type": kind, "params": params}, timeout=30
        )


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, index_folder: Path) -> Iterator[Api]:  # noqa: F811
    """Two workers; when all the abuse is over, nothing failed and every line of the log is an event."""
    folder = tmp_path_factory.mktemp("abused")
    log = folder / "server.log"
    with serving(
        folder,
        FOOTNOTE_INDEX_PATH=str(index_folder),
        FOOTNOTE_CORS_ORIGINS=PAGE,
        FOOTNOTE_SESSION_SECRET=KEY,
    ) as (url, _):
        yield Api(url, log)
        assert httpx.get(f"{url}/readyz").status_code == 200
        counted = re.findall(r'footnote_requests_total\{.*status="(5\d\d)"', httpx.get(f"{url}/metrics").text)
        assert set(counted) <= {"501"}
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert {event["level"] for event in events} <= {"info", "warning"}
    assert not [event for event in events if "traceback" in event]


def check_refused(answer: bytes, *statuses: int) -> None:
    """`answer` is one response, with one of `statuses` and the error body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert int(head[len("HTTP/1.1 ") :][:3]) in statuses, answer
    assert answer.count(b"HTTP/1.1 ") == 1, answer
    assert b"content-type: application/json" in head.lower()
    assert set(json.loads(body)) == {"code", "message", "details"}


# --- connections -----------------------------------------------------------------------------------


async def test_readers_are_served_while_connections_stay_half_said(api: Api) -> None:
    host, port = api.url.removeprefix("http://").split(":")
    beginnings = (
        b"",
        b"G",
        b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: b\r\n",
        b"POST /api/ask HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n{",
        b"POST /api/chatkit/session HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{",
    )
    held = []
    for number in range(300):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(beginnings[number % len(beginnings)])
        await writer.drain()
        held.append(writer)
    try:
        search = ("GET", "/api/search?q=lamp", {})
        ask = ("POST", "/api/ask", {"headers": api.bearer(), "json": {"question": QUESTION}})
        answers = await flood(api.url, [search, ask] * 15)
        assert {answer.status_code for answer in answers} == {200}
    finally:
        for writer in held:
            writer.close()


@asynccontextmanager
async def impatient(metrics: Metrics) -> AsyncIterator[tuple[str, int]]:
    """A server that waits for a head for a moment only, before an application that answers unread bodies."""

    class Impatient(BoundedProtocol):
        head_seconds = 0.05

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Metrics]]:
        yield {METRICS: metrics}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("served")(scope, receive, send)

    served = Starlette(lifespan=lifespan, routes=[Mount("/", app)])
    config = Config(served, log_config=None, http=Impatient, ws="none", loop="asyncio")
    server = LingeringServer(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield listener.getsockname()
        server.should_exit = True
        await running


@pytest.mark.parametrize(
    ("sent", "answers", "refused"),
    [
        (b"", 0, False),
        (b"GET / HTTP/1.1\r\nhost: x\r\nx-a: ", 0, True),
        (b"GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\n", 1, True),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n{", 1, False),
        (b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n", 1, False),
    ],
    ids=["silence", "half a head", "half a second head", "half a body", "half of a chunked body"],
)
async def test_a_connection_that_goes_on_too_slowly_is_closed(
    sent: bytes, answers: int, refused: bool
) -> None:
    metrics = Metrics()
    async with impatient(metrics) as address, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(sent)
        received = await reader.read()
        writer.close()
    assert received.count(b"HTTP/1.1 200") == answers
    assert refusals(metrics.exposition(None).decode(), "bad_request") == int(refused)


def refusals(exposition: str, code: str) -> int:
    """How many requests and connections were refused with `code`."""
    found = re.search(rf'footnote_requests_refused_total{{code="{code}",limit=""}} (\d+)', exposition)
    return int(found[1]) if found else 0


@pytest.mark.parametrize(
    ("sent", "code"),
    [(b"nonsense\r\n\r\n", "bad_request"), (b"GET /" + b"a" * 2 * HEAD_BYTES, "too_large")],
    ids=["unreadable", "too large"],
)
def test_a_connection_that_is_refused_is_counted(api: Api, sent: bytes, code: str) -> None:
    before = refusals(httpx.get(f"{api.url}/metrics").text, code)
    api.raw(sent)
    assert refusals(httpx.get(f"{api.url}/metrics").text, code) == before + 1


@pytest.mark.parametrize(
    "endless",
    [
        b"GET /" + b"a" * 4_000_000,
        b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: " + b"a" * 4_000_000,
        b"GET /healthz HTTP/1.1\r\nhost: x\r\n" + b"x-a: b\r\n" * 500_000,
        b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: " + b"a" * HEAD_BYTES + b"\r\n\r\n",
        b"POST /api/chatkit/session HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2;"
        + b"a" * 4_000_000,
    ],
    ids=["path", "header", "headers", "whole head", "chunk extension"],
)
def test_a_head_without_end_is_refused(api: Api, endless: bytes) -> None:
    answer = api.raw(endless)
    if answer:  # what was on its way when the server closed may take the answer with it
        check_refused(answer, 431)
    assert httpx.get(f"{api.url}/healthz").status_code == 200


@pytest.mark.parametrize(
    "smuggled",
    SMUGGLED,
    ids=lambda data: data.removeprefix(POST)[:40].decode("latin-1"),
)
def test_what_two_servers_may_read_differently_is_refused(api: Api, smuggled: bytes) -> None:
    answer = api.raw(smuggled)
    if b"fffff" in smuggled or b"0x2" in smuggled:  # the head was good: it may have been answered
        assert b'"status":"ok"' not in answer
        assert answer.count(b"HTTP/1.1 2") == 0
    else:
        check_refused(answer, 400)


def test_what_follows_a_body_is_no_header(api: Api) -> None:
    """Or a reader behind a proxy could say where the request comes from."""
    trailers = b"x-forwarded-for: 198.51.100.7\r\nx-request-id: trailed\r\norigin: https://evil.example\r\n"
    answer = api.raw(
        POST
        + b"content-type: application/json\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
        + b"2\r\n{}\r\n0\r\n"
        + trailers
        + b"\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"trailed" not in answer
    assert "198.51.100.7" not in api.log.read_text()


def test_requests_behind_each_other_are_answered_in_order(api: Api) -> None:
    answer = api.raw(NEXT.replace(b"connection: close\r\n", b"") * 500 + NEXT)
    assert answer.count(b"HTTP/1.1 200") == 501


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c", b"TLS/1.0"])
def test_there_is_no_other_protocol(api: Api, protocol: bytes) -> None:
    upgrade = b"GET /api/chatkit HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: %s\r\n\r\n"
    check_refused(api.raw(upgrade % protocol), 405)


# --- bodies and paths ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/ask", "/api/chatkit", "/api/feedback", "/api/chatkit/session"])
async def test_bodies_that_cost_more_than_they_may_are_refused(api: Api, path: str) -> None:
    bomb = gzip.compress(b"[" * 50_000_000)
    deep = b'{"a":' * 10_000
    headers = api.bearer()

    def endless() -> Iterator[bytes]:
        for _ in range(2_000):
            yield b"x" * 1_000

    for content, more, status in (
        (b"x" * 5_000_000, {}, 413),
        (endless(), {}, 413),
        (deep, {}, 400),
        (bomb, {"content-encoding": "gzip"}, 400),
        (bomb, {"content-encoding": "gzip, gzip"}, 400),
    ):
        answer = httpx.post(api.url + path, content=content, headers=headers | more, timeout=30)
        assert answer.status_code == status
        assert set(answer.json()) == {"code", "message", "details"}
    declared = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 10000000000\r\nconnection: close\r\n\r\n"
    check_refused(api.raw(declared.encode()), 413)


PATHS = (
    "/..%2fetc/passwd",
    "/../../../../etc/passwd",
    "/docs/assets/../../../../../../etc/passwd",
    "/docs/assets/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/docs/assets/%2e%2e/%2e%2e/main.py",
    "/docs/assets/..%5c..%5cmain.py",
    "/docs/assets/%252e%252e%252fmain.py",
    "/docs/assets//etc/passwd",
    "/docs/assets/%2fetc%2fpasswd",
    "/docs/assets/swagger-ui.css%00.html",
    "/docs/assets/" + "a" * 5_000,
    "/docs/assets/" + "../" * 2_000 + "etc/passwd",
    "/docs/assets/%ff%fe",
    "/docs/assets/CON",
    "/docs/assets",
    "/docs/assets/",
    "//healthz",
    "//evil.example/healthz",
    "/./healthz",
    "/docs/../healthz",
    "/healthz/",
    "/healthz%00",
    "/healthz%0d%0aset-cookie:%20a=b",
    "/healthz;a=b",
    "/HEALTHZ",
    "/%68ealthz/../readyz",
    "/api/search%2f?q=lamp",
    "/api//search?q=lamp",
    "/api/%2e/search?q=lamp",
    "/api/chatkit%2fsession",
    "/" + "a/" * 10_000,
    "/%" * 5_000,
    "/\U0001f4a3",
)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:50].encode("ascii", "replace").decode())
def test_a_path_leads_nowhere_else(api: Api, path: str) -> None:
    answer = api.raw(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
    check_refused(answer, 400, 404, 405)
    assert b"root:" not in answer and b"set-cookie" not in answer.lower()


# --- origins, tokens and owners --------------------------------------------------------------------


@pytest.mark.parametrize("origin", HOSTILE_ORIGINS)
def test_a_hostile_origin_may_read_nothing(api: Api, origin: str) -> None:
    said = {"origin": origin.encode()}
    preflight = {"access-control-request-method": b"POST", "access-control-request-headers": b"authorization"}
    victim = api.bearer()
    stolen = said | {"authorization": victim["authorization"].encode()}
    for answer in (
        httpx.get(f"{api.url}/api/search?q=lamp", headers=said),
        httpx.post(f"{api.url}/api/chatkit/session", headers=said),
        httpx.options(f"{api.url}/api/chatkit", headers=said | preflight),
        httpx.get(f"{api.url}/api/conversations/export", headers=stolen),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-allow-origin")]
        assert "access-control-allow-credentials" not in answer.headers
    assert answer.status_code == 401
    both = [("origin", PAGE.encode()), ("origin", origin.encode())]
    doubled = httpx.get(f"{api.url}/api/search?q=lamp", headers=both)
    assert doubled.headers.get("access-control-allow-origin", PAGE) == PAGE


def test_the_origin_of_the_page_may_read(api: Api) -> None:
    allowed = httpx.get(f"{api.url}/api/search?q=lamp", headers={"origin": PAGE})
    assert allowed.headers["access-control-allow-origin"] == PAGE


def forgeries(secret: str) -> Iterator[str]:
    """Client secrets that nobody issued, made from a genuine one."""
    version, owner, expiry, signature = secret.split(".")
    yield f"v1.{owner}.{expiry}.{signature}"
    yield f"{version}.{owner}.{int(expiry) + 1}.{signature}"
    yield f"{version}.{owner[:-1]}A.{expiry}.{signature[:-2]}AA"
    yield f"{version}.{owner}.{expiry}."
    yield f"{version}.{owner}.{expiry}.{'A' * 43}"
    yield f"{version}.{owner}.{expiry}.{signature}="
    yield f"{version}.{owner}.{expiry}.{signature}{signature}"
    yield f"{secret}.{signature}"
    yield f"{version}.{owner}.0{expiry}.{signature}"
    yield f"{version}.{owner}.{expiry}\n{PAGE}.{signature}".replace("\n", "%0a")
    yield "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."
    for key in ("", "secret", KEY[:-1], KEY + "\n"):
        yield Sessions((key.encode(),), 600).issue(origin=PAGE).value
    for origin in ("", "null", "https://evil.example"):
        yield Sessions((KEY.encode(),), 600).issue(origin=origin).value
    yield Sessions((KEY.encode(),), 600, clock=lambda: 1_700_000_000.0).issue(origin=PAGE).value


def test_no_forged_secret_is_taken(api: Api) -> None:
    genuine = api.bearer()["authorization"].removeprefix("Bearer ")
    requests: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("POST", "/api/chatkit", {"json": {"type": "threads.list", "params": {}}}),
        ("POST", "/api/ask", {"json": {"question": QUESTION}}),
        ("POST", "/api/feedback", {"json": {"thread_id": "t", "item_id": "m", "kind": "positive"}}),
        ("GET", "/api/conversations/export", {}),
    )
    with httpx.Client(base_url=api.url, headers={"origin": PAGE}) as client:
        for forged in forgeries(genuine):
            for method, path, options in requests:
                headers = {"authorization": f"Bearer {forged}"}
                answer = client.request(method, path, headers=headers, **options)
                assert (answer.status_code, answer.json()["code"]) == (401, "session_invalid"), forged
            renewed = client.post("/api/chatkit/session", json={"existing": forged}).json()["client_secret"]
            owner = forged.split(".")[1]
            assert renewed.split(".")[1] != owner or "1700000" in forged, forged
        twice = [("origin", PAGE), ("authorization", "Bearer x"), ("authorization", f"Bearer {genuine}")]
        assert httpx.get(f"{api.url}/api/conversations/export", headers=twice).status_code == 401


def test_no_request_reaches_the_conversation_of_another(api: Api) -> None:
    """Every type of request that ChatKit has, with the ids of a conversation of another reader."""
    victim, stranger = api.bearer(), api.bearer()
    made = api.send(victim, "threads.create", **message(f"How do I change the colour of the {SECRET_WORDS}?"))
    events = [json.loads(frame.removeprefix("data: ")) for frame in made.text.split("\n\n") if frame]
    thread = events[0]["thread"]["id"]
    items = [event["item"]["id"] for event in events if event["type"] == "thread.item.done"]
    before = api.send(victim, "threads.get_by_id", thread_id=thread).json()
    own = api.send(stranger, "threads.create", **message("What is E42?")).text
    own_thread = json.loads(own.split("\n\n")[0].removeprefix("data: "))["thread"]["id"]
    given = {
        "thread_id": thread,
        "item_id": items[0],
        "item_ids": items,
        "after": items[0],
        "kind": "negative",
        "title": "mine",
        "attachment_id": items[0],
        "action": {"type": "a", "payload": None},
        **message("What did I ask?"),
    }
    kinds = [
        get_args(member.model_fields["type"].annotation)[0] for member in get_args(get_args(ChatKitReq)[0])
    ]
    assert {"threads.create", "items.feedback", "threads.sync_custom_action"} <= set(kinds)
    for kind in kinds:
        if kind == "threads.create":
            continue  # names no conversation
        for params in (given, given | {"after": thread}, given | {"thread_id": own_thread}):
            if params["thread_id"] == own_thread and "item" not in kind:
                continue  # about the stranger's own
            answer = api.send(stranger, kind, **params)
            assert answer.status_code in (404, 422, 501), (kind, answer.text)
            assert SECRET_WORDS not in answer.text
    vote = {"thread_id": thread, "item_id": items[-1], "kind": "negative", "reason": "wrong"}
    for stolen in (vote, vote | {"thread_id": own_thread}):
        assert httpx.post(f"{api.url}/api/feedback", headers=stranger, json=stolen).status_code == 404
    export = httpx.get(f"{api.url}/api/conversations/export", headers=stranger)
    assert [conversation["id"] for conversation in export.json()["conversations"]] == [own_thread]
    assert SECRET_WORDS not in export.text
    assert api.send(victim, "threads.get_by_id", thread_id=thread).json() == before
    kept = httpx.get(f"{api.url}/api/conversations/export", headers=victim).json()["conversations"]
    assert [said.get("feedback") for said in kept[0]["messages"]] == [None, None]
