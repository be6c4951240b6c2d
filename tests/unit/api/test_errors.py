"""Every failure has the one body, and the headers that let a page of the site read it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from footnote_api.middleware import MAX_BODY_BYTES
from footnote_core.embedders.local import LocalEmbedder
from footnote_core.errors import UpstreamTimeout
from footnote_core.index import Index, open_index
from tests.support.api import ORIGIN, QUESTION, Parts, ScriptedAnswerer, running, settings, signed_in


def check(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body: dict[str, Any] = response.json()
    assert set(body) == {"code", "message", "details"}
    assert body["code"] == code
    assert body["message"].endswith(".")
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert "x-request-id" in response.headers["access-control-expose-headers"]
    assert response.headers["x-request-id"]
    return body


@pytest.fixture
async def bearer(client: httpx.AsyncClient) -> dict[str, str]:
    return await signed_in(client)


CHAT = "/api/chatkit"
ASK = "/api/ask"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/", 404, "not_found"),
        ("GET", "/api/search/", 404, "not_found"),
        ("GET", "/docs/assets/nothing.js", 404, "not_found"),
        ("DELETE", "/api/search?q=x", 405, "method_not_allowed"),
        ("GET", ASK, 405, "method_not_allowed"),
        ("PUT", "/api/chatkit/session", 405, "method_not_allowed"),
        ("GET", "/api/search", 422, "request_invalid"),
        ("GET", "/api/search?q=", 422, "request_invalid"),
        ("GET", "/api/search?q=%20%20", 422, "request_invalid"),
        ("GET", "/api/search?q=" + "x" * 401, 422, "request_invalid"),
        ("GET", "/api/search?q=x&version=" + "x" * 101, 422, "request_invalid"),
        ("GET", "/api/search?q=x&limit=0", 422, "request_invalid"),
        ("GET", "/api/search?q=x&limit=51", 422, "request_invalid"),
        ("GET", "/api/search?q=x&limit=99999999999999999999999", 422, "request_invalid"),
        ("GET", "/api/search?q=x&limit=ten", 422, "request_invalid"),
        ("POST", ASK, 401, "session_invalid"),
        ("POST", CHAT, 401, "session_invalid"),
    ],
)
async def test_bad_requests_without_a_session(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    check(await client.request(method, path), status, code)


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer ", "Bearer forged", "Basic dXNlcg==", "v1.a.b.c"])
async def test_a_false_bearer_gets_401(client: httpx.AsyncClient, token: str) -> None:
    response = await client.post(ASK, headers={"authorization": token}, json={"question": "x"})
    check(response, 401, "session_invalid")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (ASK, b"{", 400, "bad_request"),
        (ASK, b"", 422, "request_invalid"),
        (ASK, b'{"question": "\xff"}', 400, "bad_request"),
        (ASK, b"[]", 422, "request_invalid"),
        (ASK, b'"question"', 422, "request_invalid"),
        (ASK, b"{}", 422, "request_invalid"),
        (ASK, b'{"question": ""}', 422, "request_invalid"),
        (ASK, b'{"question": "  \\n "}', 422, "request_invalid"),
        (ASK, b'{"question": 7}', 422, "request_invalid"),
        (ASK, b'{"question": "\\ud800"}', 422, "request_invalid"),
        (ASK, json.dumps({"question": "x" * 10_000}).encode(), 422, "request_invalid"),
        (ASK, b'{"question": "x", "history": [{"role": "system", "content": "y"}]}', 422, "request_invalid"),
        (ASK, json.dumps({"question": "x", "history": [{"role": "user", "content": "y"}] * 21}).encode(), 422, "request_invalid"),
        (ASK, json.dumps({"question": "x", "history": [{"role": "user", "content": "y" * 9_000}] * 2}).encode(), 422, "request_invalid"),
        (ASK, b"[" * 20_000, 400, "bad_request"),
        (ASK, b"x" * (MAX_BODY_BYTES + 1), 413, "too_large"),
        (CHAT, b"", 400, "bad_request"),
        (CHAT, b"{", 400, "bad_request"),
        (CHAT, b"[" * 20_000, 400, "bad_request"),
        (CHAT, b"{}", 422, "request_invalid"),
        (CHAT, b"[]", 422, "request_invalid"),
        (CHAT, b'{"type": "threads.explode", "params": {}}', 422, "request_invalid"),
        (CHAT, b'{"type": "threads.create", "params": {}}', 422, "request_invalid"),
        (CHAT, b'{"type": "threads.get_by_id", "params": {"thread_id": "thr_1"}}', 404, "not_found"),
        (CHAT, b'{"type": "input.transcribe", "params": {"audio_base64": "", "mime_type": "audio/webm"}}', 501, "not_supported"),
        (CHAT, b'{"type": "attachments.create", "params": {"name": "a", "size": 1, "mime_type": "b"}}', 501, "not_supported"),
    ],
    ids=lambda value: (value[:40].decode("latin-1") if isinstance(value, bytes) else str(value)),
)  # fmt: skip
async def test_bad_bodies(
    client: httpx.AsyncClient, bearer: dict[str, str], path: str, body: bytes, status: int, code: str
) -> None:
    response = await client.post(path, content=body, headers=bearer | {"content-type": "application/json"})
    check(response, status, code)


async def test_a_body_without_a_length_is_limited_too(
    client: httpx.AsyncClient, bearer: dict[str, str]
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1_000):
            yield b"x" * 1_000

    check(await client.post(ASK, content=endless(), headers=bearer), 413, "too_large")


async def test_what_was_sent_is_not_echoed(client: httpx.AsyncClient, bearer: dict[str, str]) -> None:
    response = await client.post(
        ASK, headers=bearer, json={"question": {"password": "hunter2"}, "version": 5}
    )
    body = check(response, 422, "request_invalid")
    assert "hunter2" not in response.text
    assert [entry["field"] for entry in body["details"]] == ["question", "version"]
    unknown = await client.post(CHAT, headers=bearer, json={"type": "hunter2" * 1_000, "params": {}})
    assert "hunter2" not in check(unknown, 422, "request_invalid")["message"]
    assert len(unknown.content) < 500


async def test_a_refused_preflight_has_the_body(client: httpx.AsyncClient) -> None:
    response = await client.options(
        ASK, headers={"origin": "https://evil.example", "access-control-request-method": "POST"}
    )
    assert response.status_code == 400
    assert response.json()["code"] == "bad_request"
    assert "access-control-allow-origin" not in response.headers


async def test_a_preflight_allows_what_chatkit_sends(client: httpx.AsyncClient) -> None:
    names = "authorization,content-type,accept-language,chatkit-frame-instance-id,x-request-id"
    response = await client.options(
        CHAT, headers={"access-control-request-method": "POST", "access-control-request-headers": names}
    )
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == ORIGIN


async def test_another_origin_gets_no_cors_header(client: httpx.AsyncClient) -> None:
    response = await client.get("/healthz", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in response.headers


async def test_a_request_id_is_kept_or_made(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz", headers={"x-request-id": "abc-1"})).headers[
        "x-request-id"
    ] == "abc-1"
    made = (await client.get("/healthz", headers={"x-request-id": "a b\tc"})).headers["x-request-id"]
    assert len(made) == 32


async def test_an_unexpected_failure_tells_nothing(parts: Parts) -> None:
    parts.answerer = ScriptedAnswerer([], error=ZeroDivisionError("the secret of the house"))
    async with running(parts) as client:
        response = await client.post(ASK, headers=await signed_in(client), json={"question": QUESTION})
        check(response, 500, "internal_error")
        assert "secret" not in response.text


async def test_a_vendor_without_a_fallback_is_an_upstream_failure(parts: Parts) -> None:
    parts.answerer = ScriptedAnswerer([], error=UpstreamTimeout("The model did not answer in time."))
    async with running(parts) as client:
        response = await client.post(ASK, headers=await signed_in(client), json={"question": QUESTION})
        check(response, 504, "upstream_timeout")


@pytest.fixture
def empty_index(tmp_path: Any) -> Index:
    return open_index(settings(FOOTNOTE_INDEX_PATH=str(tmp_path / "nothing")))


async def test_without_an_index_everything_says_so_before_it_streams(
    empty_index: Index, embedder: LocalEmbedder
) -> None:
    async with running(Parts(settings(), empty_index, embedder)) as client:
        headers = await signed_in(client) | {"accept": "text/event-stream"}
        message = {
            "content": [{"type": "input_text", "text": "x"}],
            "attachments": [],
            "inference_options": {},
        }
        for response in (
            await client.get("/readyz"),
            await client.get("/api/search?q=lamp"),
            await client.post(ASK, headers=headers, json={"question": "x"}),
            await client.post(
                CHAT, headers=headers, json={"type": "threads.create", "params": {"input": message}}
            ),
        ):
            body = check(response, 503, "index_not_ready")
            assert "footnote-ingest" in body["message"]
        listed = await client.post(CHAT, headers=headers, json={"type": "threads.list", "params": {}})
        assert listed.json() == {"data": [], "has_more": False}
        assert (await client.get("/healthz")).status_code == 200


async def test_every_route_documents_the_error_body(client: httpx.AsyncClient) -> None:
    schema = (await client.get("/openapi.json")).json()
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    assert len(operations) == 9
    for operation in operations:
        for status in ("422", "default"):
            content = operation["responses"][status]["content"]["application/json"]
            assert content["schema"]["$ref"].endswith("/ErrorBody"), operation["summary"]
    assert "HTTPValidationError" not in json.dumps(schema)


async def test_the_documentation_page_asks_nobody_else(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    assert "http://" not in page and "https://" not in page
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert (await client.get(f"/docs/assets/{asset}")).status_code == 200
