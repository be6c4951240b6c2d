"""The ChatKit protocol over HTTP: conversations, their owners, and what streams."""

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest

from footnote_api.answerers import Statement
from footnote_api.databases.migrations import migrate
from footnote_api.databases.sqlite import SqliteDatabase
from footnote_api.threads import MAX_ITEMS
from footnote_core.errors import UpstreamError
from tests.support.api import ORIGIN, QUESTION, SITE, Parts, ScriptedAnswerer, running, signed_in

Event = dict[str, Any]


def message(text: str, **extra: Any) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    return {"input": {"content": content, "attachments": [], "inference_options": {}} | extra}


async def send(
    client: httpx.AsyncClient, headers: dict[str, str], kind: str, /, **params: Any
) -> httpx.Response:
    return await client.post("/api/chatkit", headers=headers, json={"type": kind, "params": params})


async def stream(
    client: httpx.AsyncClient, headers: dict[str, str], kind: str, /, **params: Any
) -> list[Event]:
    response = await send(client, headers, kind, **params)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-store, no-transform"
    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["access-control-allow-origin"] == ORIGIN
    frames = [frame for frame in response.text.split("\n\n") if frame]
    return [json.loads(frame.removeprefix("data: ")) for frame in frames]


async def create(
    client: httpx.AsyncClient, headers: dict[str, str], text: str = QUESTION
) -> tuple[str, list[Event]]:
    events = await stream(client, headers, "threads.create", **message(text))
    return events[0]["thread"]["id"], events


async def stored_votes(parts: Parts) -> list[tuple[str, ...]]:
    assert parts.database is not None
    rows = await parts.database.rows("SELECT item, kind, reason, comment FROM feedback ORDER BY item")
    return [(row[0], row[1], row[2], row[3]) for row in rows]


@pytest.fixture
async def bearer(client: httpx.AsyncClient) -> dict[str, str]:
    return await signed_in(client)


async def test_an_answer_streams_with_its_citations(
    client: httpx.AsyncClient, bearer: dict[str, str]
) -> None:
    thread, events = await create(client, bearer)
    kinds = [event["type"] for event in events]
    assert kinds[:6] == [
        "thread.created",
        "thread.item.done",
        "stream_options",
        "progress_update",
        "thread.updated",
        "thread.item.added",
    ]
    assert kinds[-1] == "thread.item.done"
    assert events[4]["thread"]["title"] == QUESTION
    item = events[-1]["item"]
    (content,) = item["content"]
    deltas = [
        e["update"]["delta"] for e in events if e.get("update", {}).get("type", "").endswith("text_delta")
    ]
    assert "".join(deltas) == content["text"]
    first = content["annotations"][0]
    assert first["source"]["url"] == f"{SITE}/docs/lamp#colour"
    assert first["source"]["title"] == "Lamp › Colour"
    assert first["source"]["group"] == "Lamp"
    assert first["source"]["description"] == "Set `colour` in `lamp.yml` to change the colour of the lamp."
    assert content["text"][: first["index"]].endswith("the colour of the lamp.")
    stored = (await send(client, bearer, "threads.get_by_id", thread_id=thread)).json()
    assert [i["type"] for i in stored["items"]["data"]] == ["user_message", "assistant_message"]
    assert stored["items"]["data"][1] == item
    assert all(i["created_at"].endswith("Z") for i in stored["items"]["data"])


async def test_a_question_the_docs_do_not_answer_is_refused(
    client: httpx.AsyncClient, bearer: dict[str, str]
) -> None:
    _, events = await create(client, bearer, "Which spaceships won medals in Antarctica?")
    item = next(e["item"] for e in reversed(events) if e["type"] == "thread.item.done")
    assert item["content"][0]["text"].startswith("The documentation does not answer this question.")
    assert item["content"][0]["annotations"] == []


async def test_a_refusal_offers_the_nearest_sections(
    client: httpx.AsyncClient, bearer: dict[str, str]
) -> None:
    _, events = await create(client, bearer, "Is the lamp allowed in Antarctic submarines of 1950?")
    effect = events[-1]
    assert (effect["type"], effect["name"]) == ("client_effect", "suggestions")
    nearest = effect["data"]["nearest"]
    assert 1 <= len(nearest) <= 3
    assert all(section["url"].startswith(f"{SITE}/docs/") for section in nearest)
    item = events[-2]["item"]
    assert f"]({nearest[0]['url']})" in item["content"][0]["text"]


async def test_offsets_count_utf16(parts: Parts) -> None:
    parts.answerer = ScriptedAnswerer([Statement("🎨🎨 Set the colour of the lamp.", (0,))])
    async with running(parts) as client:
        _, events = await create(client, await signed_in(client))
    (content,) = events[-1]["item"]["content"]
    assert content["annotations"][0]["index"] == len(content["text"].encode("utf-16-le")) // 2


async def test_a_conversation_goes_on(parts: Parts) -> None:
    parts.answerer = answerer = ScriptedAnswerer([Statement("Set the colour of the lamp.", (0,))])
    async with running(parts) as client:
        bearer = await signed_in(client)
        thread, _ = await create(client, bearer)
        events = await stream(
            client, bearer, "threads.add_user_message", thread_id=thread, **message("And its timer?")
        )
        assert [e["type"] for e in events[:2]] == ["thread.item.done", "stream_options"]
        assert "thread.created" not in {e["type"] for e in events}
        assert "thread.updated" not in {e["type"] for e in events}
        _, _, history = answerer.asked[-1]
        assert [(turn.role, turn.content) for turn in history] == [
            ("user", QUESTION),
            ("assistant", "Set the colour of the lamp."),
        ]
        page = (await send(client, bearer, "items.list", thread_id=thread, limit=1, order="asc")).json()
        assert page["has_more"] is True
        rest = await send(
            client, bearer, "items.list", thread_id=thread, order="asc", after=page["after"], limit=9_999
        )
        assert len(rest.json()["data"]) == 3


async def test_retry_answers_again_in_the_place_of_what_followed(
    client: httpx.AsyncClient, bearer: dict[str, str]
) -> None:
    thread, events = await create(client, bearer)
    question, answer = events[1]["item"]["id"], events[-1]["item"]["id"]
    again = await stream(client, bearer, "threads.retry_after_item", thread_id=thread, item_id=question)
    assert again[0]["type"] == "stream_options"
    items = (await send(client, bearer, "items.list", thread_id=thread, order="asc")).json()["data"]
    assert [item["id"] for item in items] == [question, again[-1]["item"]["id"]]
    assert answer not in [item["id"] for item in items]
    refused = await send(client, bearer, "threads.retry_after_item", thread_id=thread, item_id=items[1]["id"])
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")


async def test_threads_are_listed_renamed_and_deleted(
    client: httpx.AsyncClient, bearer: dict[str, str]
) -> None:
    ids = [(await create(client, bearer, f"Colour of lamp {n}"))[0] for n in range(3)]
    page = (await send(client, bearer, "threads.list", limit=2)).json()
    assert [thread["id"] for thread in page["data"]] == [ids[2], ids[1]]
    rest = (await send(client, bearer, "threads.list", limit=2, after=page["after"])).json()
    assert [thread["id"] for thread in rest["data"]] == [ids[0]]
    assert rest["has_more"] is False
    renamed = await send(client, bearer, "threads.update", thread_id=ids[0], title="  My\nlamp ")
    assert renamed.json()["title"] == "My lamp"
    assert (await send(client, bearer, "threads.delete", thread_id=ids[0])).json() == {}
    assert (await send(client, bearer, "threads.get_by_id", thread_id=ids[0])).status_code == 404
    assert (await send(client, bearer, "threads.delete", thread_id=ids[0])).status_code == 404


async def test_the_last_vote_counts(parts: Parts) -> None:
    async with running(parts) as client:
        bearer = await signed_in(client)
        thread, events = await create(client, bearer)
        item = events[-1]["item"]["id"]
        for kind in ("positive", "negative"):
            voted = await send(client, bearer, "items.feedback", thread_id=thread, item_ids=[item], kind=kind)
            assert voted.json() == {}
        assert await stored_votes(parts) == [(item, "negative", None, None)]
        missing = await send(
            client, bearer, "items.feedback", thread_id=thread, item_ids=["msg_0"], kind="positive"
        )
        assert missing.status_code == 404


async def test_another_owner_sees_nothing(client: httpx.AsyncClient, bearer: dict[str, str]) -> None:
    thread, events = await create(client, bearer)
    item = events[-1]["item"]["id"]
    stranger = await signed_in(client)
    assert (await send(client, stranger, "threads.list")).json()["data"] == []
    for kind, params in {
        "threads.get_by_id": {},
        "threads.update": {"title": "mine"},
        "threads.delete": {},
        "items.list": {},
        "items.feedback": {"item_ids": [item], "kind": "positive"},
        "threads.add_user_message": message("hello"),
        "threads.retry_after_item": {"item_id": events[1]["item"]["id"]},
    }.items():
        response = await send(client, stranger, kind, thread_id=thread, **params)
        assert (response.status_code, response.json()["code"]) == (404, "not_found"), kind
    assert (await send(client, bearer, "threads.get_by_id", thread_id=thread)).status_code == 200


@pytest.mark.parametrize("text", ["", "  \n\t ", "x" * 4_001, "x" * 10_000])
async def test_a_question_has_limits(client: httpx.AsyncClient, bearer: dict[str, str], text: str) -> None:
    response = await send(client, bearer, "threads.create", **message(text))
    assert (response.status_code, response.json()["code"]) == (422, "request_invalid")
    assert (await send(client, bearer, "threads.list")).json()["data"] == []


async def test_attachments_are_not_supported(client: httpx.AsyncClient, bearer: dict[str, str]) -> None:
    response = await send(client, bearer, "threads.create", **message("x", attachments=["atc_1"]))
    assert (response.status_code, response.json()["code"]) == (501, "not_supported")


async def test_a_failure_in_mid_answer_keeps_what_was_said(parts: Parts) -> None:
    said = Statement("Set the colour of the lamp.", (0,))
    parts.answerer = ScriptedAnswerer([said], error=UpstreamError("The model failed."))
    async with running(parts) as client:
        bearer = await signed_in(client)
        thread, events = await create(client, bearer)
        assert events[-1] == {
            "type": "error",
            "code": "custom",
            "reason": "upstream_error",
            "message": "The model failed.",
            "allow_retry": True,
        }
        items = (await send(client, bearer, "items.list", thread_id=thread, order="asc")).json()["data"]
        assert items[1]["content"][0]["text"] == said.text


async def test_an_unexpected_failure_in_mid_answer_tells_nothing(parts: Parts) -> None:
    parts.answerer = ScriptedAnswerer([], error=ZeroDivisionError("the secret of the house"))
    async with running(parts) as client:
        _, events = await create(client, await signed_in(client))
    assert events[-1] == {"type": "error", "code": "stream.error", "allow_retry": True}


async def test_a_degraded_answer_says_so(parts: Parts) -> None:
    parts.fallback = parts.answerer
    parts.answerer = ScriptedAnswerer([], error=UpstreamError("The model failed."))
    async with running(parts) as client:
        _, events = await create(client, await signed_in(client))
    (notice,) = [e for e in events if e["type"] == "notice"]
    assert notice["level"] == "warning"
    assert events[-1]["item"]["content"][0]["annotations"]


async def test_too_many_votes_at_once_are_refused(client: httpx.AsyncClient, bearer: dict[str, str]) -> None:
    thread, events = await create(client, bearer)
    votes = {"thread_id": thread, "item_ids": [events[-1]["item"]["id"]] * 101, "kind": "positive"}
    response = await send(client, bearer, "items.feedback", **votes)
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


async def test_an_answer_to_a_deleted_conversation_ends_well(parts: Parts) -> None:
    hold = asyncio.Event()
    said = [Statement("Set the colour of the lamp.", (0,)), Statement(" Set it again.", (0,))]
    parts.answerer = ScriptedAnswerer(said, hold=hold)
    async with running(parts) as client:
        bearer = await signed_in(client)
        asking = asyncio.create_task(create(client, bearer))
        while not (threads := (await send(client, bearer, "threads.list")).json()["data"]):
            await asyncio.sleep(0)
        await send(client, bearer, "threads.delete", thread_id=threads[0]["id"])
        hold.set()
        _, events = await asking
        assert events[-1]["type"] == "thread.item.done"
        assert (await send(client, bearer, "threads.list")).json()["data"] == []


async def test_an_answer_that_cannot_be_stored_is_still_given(parts: Parts, tmp_path: Path) -> None:
    database = SqliteDatabase(str(tmp_path / "threads.db"), patience_seconds=0)
    await migrate(database)
    parts.database = database
    hold = asyncio.Event()
    said = [Statement("Set the colour of the lamp.", (0,)), Statement(" Set it again.", (0,))]
    parts.answerer = answerer = ScriptedAnswerer(said, hold=hold)
    async with running(parts) as client:
        bearer = await signed_in(client)
        asking = asyncio.create_task(create(client, bearer))
        while not answerer.asked:
            await asyncio.sleep(0)
        other = sqlite3.connect(tmp_path / "threads.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        refused = await send(client, bearer, "threads.create", **message(QUESTION))
        assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
        hold.set()
        _, events = await asking
        assert [event["type"] for event in events[-2:]] == ["thread.item.done", "notice"]
        assert events[-1]["message"].startswith("This answer could not be stored.")
        other.execute("ROLLBACK")
        other.close()
        assert len((await send(client, bearer, "threads.list")).json()["data"]) == 1


async def test_a_conversation_can_be_full(parts: Parts) -> None:
    async with running(parts) as client:
        bearer = await signed_in(client)
        thread, _ = await create(client, bearer)
        assert parts.database is not None
        async with parts.database.transaction("") as transaction:
            body = (await transaction.rows("SELECT body FROM items LIMIT 1"))[0][0]
            for n in range(MAX_ITEMS - 2):
                await transaction.run(
                    "INSERT INTO items (id, thread, body) VALUES (:id, :thread, :body)",
                    id=f"msg_{n}",
                    thread=thread,
                    body=body,
                )
        response = await send(client, bearer, "threads.add_user_message", thread_id=thread, **message("more"))
        assert (response.status_code, response.json()["code"]) == (413, "too_large")
