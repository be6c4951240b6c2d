"""Limits over HTTP: whom they hold, what the answer says, and that each refusal is told once."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.support.api import ORIGIN, QUESTION, Parts, settings, signed_in
from tests.unit.api.test_chatkit import create, message, send

ADDRESS = "203.0.113.7"
STRICT = {
    "FOOTNOTE_QUESTIONS_PER_OWNER": "3",
    "FOOTNOTE_QUESTIONS_PER_ADDRESS": "5",
    "FOOTNOTE_SEARCHES_PER_ADDRESS": "4",
    "FOOTNOTE_SESSIONS_PER_ADDRESS": "6",
    "FOOTNOTE_TRUSTED_PROXIES": "10.0.0.0/8",
}
SEARCH = "/api/search?q=lamp"


def client_of(app: FastAPI, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://api.test", headers={"origin": ORIGIN})


@asynccontextmanager
async def serving(parts: Parts, **values: str) -> AsyncIterator[FastAPI]:
    parts.settings = settings(**STRICT | values)
    app = parts.app()
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def app(parts: Parts) -> AsyncIterator[FastAPI]:
    async with serving(parts) as app:
        yield app


def check(response: httpx.Response, setting: str) -> None:
    assert response.status_code == 429, response.text
    body = response.json()
    assert body["code"] == "rate_limited"
    seconds = body["details"]["retry_after_seconds"]
    assert body["details"] == {"retry_after_seconds": seconds, "limit": setting}
    assert 1 <= seconds <= 60
    assert response.headers["retry-after"] == str(seconds)
    assert f"Try again in {seconds} second" in body["message"]
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert "retry-after" in response.headers["access-control-expose-headers"]


async def test_searches_of_one_address_are_limited(app: FastAPI) -> None:
    async with client_of(app, ADDRESS) as one, client_of(app, "203.0.113.8") as other:
        assert [(await one.get(SEARCH)).status_code for _ in range(4)] == [200] * 4
        check(await one.get(SEARCH), "FOOTNOTE_SEARCHES_PER_ADDRESS")
        assert (await other.get(SEARCH)).status_code == 200
        assert (await one.get("/healthz")).status_code == 200


async def test_sessions_of_one_address_are_limited(app: FastAPI) -> None:
    async with client_of(app, ADDRESS) as client:
        for _ in range(6):
            assert (await client.post("/api/chatkit/session")).status_code == 200
        check(await client.post("/api/chatkit/session"), "FOOTNOTE_SESSIONS_PER_ADDRESS")


async def test_questions_of_one_owner_are_limited_wherever_they_come_from(app: FastAPI) -> None:
    async with client_of(app, ADDRESS) as one, client_of(app, "203.0.113.8") as other:
        bearer = await signed_in(one)
        for client in (one, other, one):
            await create(client, bearer)
        body = {"question": QUESTION}
        check(await other.post("/api/ask", headers=bearer, json=body), "FOOTNOTE_QUESTIONS_PER_OWNER")
        streamed = bearer | {"accept": "text/event-stream"}
        check(await one.post("/api/ask", headers=streamed, json=body), "FOOTNOTE_QUESTIONS_PER_OWNER")
        check(await send(one, bearer, "threads.create", **message("x")), "FOOTNOTE_QUESTIONS_PER_OWNER")
        listed = await send(one, bearer, "threads.list")
        assert len(listed.json()["data"]) == 3  # what was refused left nothing behind


async def test_questions_of_one_address_are_limited_whoever_asks(app: FastAPI) -> None:
    async with client_of(app, ADDRESS) as client:
        owners = [await signed_in(client) for _ in range(6)]
        for bearer in owners[:5]:
            asked = await client.post("/api/ask", headers=bearer, json={"question": QUESTION})
            assert asked.status_code == 200
        refused = await client.post("/api/ask", headers=owners[5], json={"question": QUESTION})
        check(refused, "FOOTNOTE_QUESTIONS_PER_ADDRESS")


@pytest.mark.parametrize("kind", ["threads.add_user_message", "threads.retry_after_item"])
async def test_every_kind_of_question_counts(app: FastAPI, kind: str) -> None:
    async with client_of(app, ADDRESS) as client:
        bearer = await signed_in(client)
        thread, events = await create(client, bearer)
        given = {"item_id": events[1]["item"]["id"]} if kind.endswith("item") else message("And its timer?")
        for _ in range(2):
            assert (await send(client, bearer, kind, thread_id=thread, **given)).status_code == 200
        check(await send(client, bearer, kind, thread_id=thread, **given), "FOOTNOTE_QUESTIONS_PER_OWNER")


@pytest.mark.parametrize("request_of", ["list", "feedback", "export"])
async def test_requests_about_conversations_are_limited(app: FastAPI, request_of: str) -> None:
    async with client_of(app, ADDRESS) as client:
        bearer = await signed_in(client)

        async def attempt() -> httpx.Response:
            vote = {"thread_id": "thr_1", "item_id": "msg_1", "kind": "positive"}
            match request_of:
                case "list":
                    return await send(client, bearer, "threads.list")
                case "feedback":
                    return await client.post("/api/feedback", headers=bearer, json=vote)
                case _:
                    return await client.get("/api/conversations/export", headers=bearer)

        assert {(await attempt()).status_code for _ in range(4)} <= {200, 404}
        check(await attempt(), "FOOTNOTE_SEARCHES_PER_ADDRESS")


async def test_only_a_trusted_proxy_says_who_asks(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "footnote"):
        async with client_of(app, "10.0.0.1") as proxy, client_of(app, ADDRESS) as liar:
            for n in range(20):  # twenty readers behind the proxy
                said = {"x-forwarded-for": f"6.6.6.6, 198.51.100.{n}"}
                assert (await proxy.get(SEARCH, headers=said)).status_code == 200
            assert "proxy_not_trusted" not in caplog.text
            for n in range(4):
                assert (
                    await liar.get(SEARCH, headers={"x-forwarded-for": f"198.51.100.{n}"})
                ).status_code == 200
            check(
                await liar.get(SEARCH, headers={"x-forwarded-for": "198.51.100.99"}),
                "FOOTNOTE_SEARCHES_PER_ADDRESS",
            )
    warnings = [record for record in caplog.records if record.getMessage() == "proxy_not_trusted"]
    assert len(warnings) == 1
    assert warnings[0].fields["address"] == ADDRESS  # type: ignore[attr-defined]


async def test_a_spoofed_header_does_not_change_what_a_proxy_saw(app: FastAPI) -> None:
    async with client_of(app, "10.0.0.1") as proxy:
        for n in range(4):
            said = {"x-forwarded-for": f"198.51.100.{n}, {ADDRESS}"}
            assert (await proxy.get(SEARCH, headers=said)).status_code == 200
        check(
            await proxy.get(SEARCH, headers={"x-forwarded-for": f"127.0.0.1, {ADDRESS}"}),
            "FOOTNOTE_SEARCHES_PER_ADDRESS",
        )


async def test_this_machine_has_no_limit_unless_it_speaks_for_others(app: FastAPI) -> None:
    async with client_of(app, "127.0.0.1") as client:
        assert {(await client.get(SEARCH)).status_code for _ in range(10)} == {200}
        spoken = [await client.get(SEARCH, headers={"x-forwarded-for": ADDRESS}) for _ in range(5)]
        check(spoken[-1], "FOOTNOTE_SEARCHES_PER_ADDRESS")


async def test_the_exception_can_be_taken_away(parts: Parts) -> None:
    async with serving(parts, FOOTNOTE_UNLIMITED_ADDRESSES="none") as app, client_of(app, "::1") as client:
        for _ in range(4):
            assert (await client.get(SEARCH)).status_code == 200
        check(await client.get(SEARCH), "FOOTNOTE_SEARCHES_PER_ADDRESS")


async def test_zero_is_no_limit(parts: Parts) -> None:
    off = {name: "0" for name in STRICT if name.endswith(("OWNER", "ADDRESS"))}
    async with serving(parts, **off) as app, client_of(app, ADDRESS) as client:
        bearer = await signed_in(client)
        for _ in range(8):
            assert (await client.get(SEARCH)).status_code == 200
            asked = await client.post("/api/ask", headers=bearer, json={"question": QUESTION})
            assert asked.status_code == 200


async def test_the_defaults_do_not_hit_a_reader(parts: Parts) -> None:
    """An hour of the busiest reader: a search with every key, and a question every five seconds."""
    given = settings()
    assert given.questions_per_owner >= 12
    assert given.searches_per_address >= 10 * 60
    assert given.questions_per_address >= 5 * given.questions_per_owner
    assert given.sessions_per_address >= 60


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[list[dict[str, Any]]]:
    """The fields of each refusal in the log."""
    fields: list[dict[str, Any]] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage() == "request_refused":
                fields.append(record.fields)  # type: ignore[attr-defined]

    handler = Kept()
    logger = logging.getLogger("footnote")
    logger.addHandler(handler)
    with caplog.at_level(logging.INFO, "footnote"):
        yield fields
    logger.removeHandler(handler)


async def test_each_refusal_is_logged_once_and_counted(app: FastAPI, told: list[dict[str, Any]]) -> None:
    async with client_of(app, ADDRESS) as client:
        for _ in range(6):
            await client.get(SEARCH)
        assert [entry["reason"] for entry in told] == ["FOOTNOTE_SEARCHES_PER_ADDRESS"] * 2
        assert told[0] == {
            "code": "rate_limited",
            "status": 429,
            "route": "/api/search",
            "method": "GET",
            "reason": "FOOTNOTE_SEARCHES_PER_ADDRESS",
        }
        told.clear()
        await client.post("/api/ask", json={"question": "the secret question"})
        await client.get("/nowhere")
        await client.post("/api/chatkit", content=b"x" * 70_000)
        await client.get("/api/search")
        await client.options(
            "/api/ask", headers={"origin": "https://evil.example", "access-control-request-method": "POST"}
        )
        assert [entry["code"] for entry in told] == [
            "session_invalid",
            "not_found",
            "too_large",
            "request_invalid",
            "bad_request",
        ]
        assert "secret question" not in str(told)
        text = (await client.get("/metrics")).text
    limited = 'footnote_requests_refused_total{code="rate_limited",limit="FOOTNOTE_SEARCHES_PER_ADDRESS"}'
    assert f"{limited} 2.0" in text
    for code in ("session_invalid", "not_found", "too_large", "request_invalid", "bad_request"):
        assert f'footnote_requests_refused_total{{code="{code}",limit=""}} 1.0' in text
