"""Bodies that are too large, too deep, compressed or too slow are refused before they are parsed."""

import asyncio
import gzip
import json
import zlib

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from footnote_api.middleware import MAX_BODY_BYTES, BodyLimit
from footnote_api.nesting import MAX_DEPTH, is_too_deep
from tests.support.api import QUESTION, Parts, signed_in

ASK, CHAT = "/api/ask", "/api/chatkit"


@pytest.fixture
async def bearer(client: httpx.AsyncClient) -> dict[str, str]:
    return await signed_in(client)


def nested(depth: int, opening: str, closing: str, inner: str = "1") -> bytes:
    return (opening * depth + inner + closing * depth).encode()


@pytest.mark.parametrize("path", [ASK, CHAT, "/api/feedback", "/api/chatkit/session"])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
async def test_deep_json_is_refused(
    client: httpx.AsyncClient, bearer: dict[str, str], path: str, opening: str, closing: str
) -> None:
    for depth in (40, 300, 5_000):
        content = nested(depth, opening, closing)
        assert len(content) <= MAX_BODY_BYTES
        response = await client.post(path, content=content, headers=bearer)
        assert (response.status_code, response.json()["code"]) == (400, "bad_request")
        assert f"{MAX_DEPTH} levels" in response.json()["message"]


async def test_deep_json_behind_a_good_question_is_refused_too(
    client: httpx.AsyncClient, bearer: dict[str, str]
) -> None:
    content = b'{"question": "lamp", "more": ' + nested(100, "[", "]") + b"}"
    assert (await client.post(ASK, content=content, headers=bearer)).status_code == 400
    content = b'{"question": "lamp", "more": ' + nested(20, "[", "]") + b"}"
    json_type = {"content-type": "application/json"}
    assert (await client.post(ASK, content=content, headers=bearer | json_type)).status_code == 200


async def test_brackets_in_a_question_are_no_depth(client: httpx.AsyncClient, bearer: dict[str, str]) -> None:
    body = {"question": "How do I change the colour of the lamp? " + '[{(\\"' * 100}
    response = await client.post(ASK, json=body, headers=bearer)
    assert response.status_code == 200


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='[]{}"\\a\né', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet='[]{}"\\a', max_size=4), inner)
    ),
    max_leaves=20,
)


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(_JSON, st.integers(0, 5))
def test_the_depth_of_any_json_is_known(value: object, most: int) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert is_too_deep(text.encode(), most) == (depth(value) > most)


@given(st.binary(max_size=400), st.integers(0, 5))
def test_any_bytes_have_an_answer(body: bytes, most: int) -> None:
    is_too_deep(body, most)
    is_too_deep(b'{"' * 50 + body, most)


@pytest.mark.parametrize(
    "coding", ["gzip", "deflate", "br", "zstd", "GZIP", "gzip, identity", "nonsense", ""]
)
async def test_compressed_bodies_are_refused(
    client: httpx.AsyncClient, bearer: dict[str, str], coding: str
) -> None:
    plain = json.dumps({"question": QUESTION}).encode()
    bomb = gzip.compress(b" " * 40_000_000)
    assert len(bomb) < MAX_BODY_BYTES
    for content in (gzip.compress(plain), zlib.compress(plain), bomb, plain):
        response = await client.post(ASK, content=content, headers=bearer | {"content-encoding": coding})
        assert (response.status_code, response.json()["code"]) == (400, "bad_request")
        assert "Compressed" in response.json()["message"]


async def test_a_body_that_says_it_is_not_compressed_is_read(
    client: httpx.AsyncClient, bearer: dict[str, str]
) -> None:
    headers = bearer | {"content-encoding": "Identity"}
    assert (await client.post(ASK, json={"question": QUESTION}, headers=headers)).status_code == 200


async def test_a_body_that_does_not_arrive_is_not_waited_for() -> None:
    """One byte, and then nothing: the middleware alone, so that no request waits for its patience."""
    sent: list[Message] = []
    parts = iter([{"type": "http.request", "body": b"{", "more_body": True}])

    async def receive() -> Message:
        try:
            return next(parts)
        except StopIteration:
            await asyncio.Event().wait()
            raise AssertionError from None

    async def send(message: Message) -> None:
        sent.append(message)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("the application must not be asked")

    scope: Scope = {"type": "http", "method": "POST", "path": ASK, "headers": []}
    async with asyncio.timeout(10):
        await BodyLimit(app, seconds=0.02)(scope, receive, send)
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]
    assert json.loads(sent[1]["body"])["code"] == "bad_request"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"question": "x" * 4_001}, "question"),
        ({"question": "x", "selection": "x" * 4_001}, "selection"),
        ({"question": "x", "page": "/" + "x" * 2_000}, "page"),
        ({"question": "x", "version": "x" * 101}, "version"),
        ({"question": "x", "history": [{"role": "user", "content": "y"}] * 21}, "history"),
        ({"question": "x", "history": [{"role": "user", "content": "y" * 16_385}]}, "history.0.content"),
    ],
)
async def test_every_field_of_a_question_has_its_limit(
    client: httpx.AsyncClient, bearer: dict[str, str], body: dict[str, object], field: str
) -> None:
    response = await client.post(ASK, json=body, headers=bearer)
    assert (response.status_code, response.json()["code"]) == (422, "request_invalid")
    assert response.json()["details"][0]["field"] == field


async def test_a_body_that_is_not_sent_as_json_is_told_how(
    client: httpx.AsyncClient, bearer: dict[str, str]
) -> None:
    """As curl sends it when nothing else is said."""
    form = bearer | {"content-type": "application/x-www-form-urlencoded"}
    response = await client.post(ASK, content='{"question": "x"}', headers=form)
    assert response.status_code == 422
    assert "content-type: application/json" in response.json()["message"]


async def test_an_earlier_secret_has_its_limit(parts: Parts, client: httpx.AsyncClient) -> None:
    response = await client.post("/api/chatkit/session", json={"existing": "x" * 501})
    assert (response.status_code, response.json()["code"]) == (422, "request_invalid")
