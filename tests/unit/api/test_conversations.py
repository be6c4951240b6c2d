"""Feedback with reasons, the export of a reader's conversations, and what belongs to somebody else."""

import json
from typing import Any

import httpx
import pytest

from tests.support.api import QUESTION, Parts, running, signed_in
from tests.unit.api.test_chatkit import create, send, stored_votes

FEEDBACK = "/api/feedback"
EXPORT = "/api/conversations/export"


@pytest.fixture
async def bearer(client: httpx.AsyncClient) -> dict[str, str]:
    return await signed_in(client)


@pytest.fixture
async def answered(client: httpx.AsyncClient, bearer: dict[str, str]) -> dict[str, str]:
    """The ids of a conversation and of the answer in it."""
    thread, events = await create(client, bearer)
    return {"thread_id": thread, "item_id": events[-1]["item"]["id"]}


@pytest.mark.parametrize(
    ("body", "stored"),
    [
        ({"kind": "positive"}, ("positive", None, None)),
        ({"kind": "positive", "reason": None, "comment": None}, ("positive", None, None)),
        ({"kind": "negative", "reason": "outdated"}, ("negative", "outdated", None)),
        ({"kind": "negative", "reason": "other", "comment": "  Vé 🎨\n"}, ("negative", "other", "Vé 🎨")),
        ({"kind": "negative", "comment": "x" * 1_000}, ("negative", None, "x" * 1_000)),
    ],
)
async def test_a_vote_is_kept_with_its_reason(
    parts: Parts,
    client: httpx.AsyncClient,
    bearer: dict[str, str],
    answered: dict[str, str],
    body: dict[str, Any],
    stored: tuple[str, ...],
) -> None:
    response = await client.post(FEEDBACK, headers=bearer, json=answered | body)
    assert (response.status_code, response.content) == (204, b"")
    assert await stored_votes(parts) == [(answered["item_id"], *stored)]


async def test_the_last_vote_counts_whichever_way_it_came(
    parts: Parts, client: httpx.AsyncClient, bearer: dict[str, str], answered: dict[str, str]
) -> None:
    vote = answered | {"kind": "negative", "reason": "wrong", "comment": "It is blue."}
    await client.post(FEEDBACK, headers=bearer, json=vote)
    ids = {"thread_id": answered["thread_id"], "item_ids": [answered["item_id"]]}
    assert (await send(client, bearer, "items.feedback", **ids, kind="positive")).json() == {}
    assert await stored_votes(parts) == [(answered["item_id"], "positive", None, None)]
    await client.post(FEEDBACK, headers=bearer, json=vote)
    assert await stored_votes(parts) == [(answered["item_id"], "negative", "wrong", "It is blue.")]
    text = (await client.get("/metrics")).text
    assert 'footnote_feedback_total{kind="negative",reason="wrong"} 2.0' in text
    assert 'footnote_feedback_total{kind="positive",reason=""} 1.0' in text


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "maybe"},
        {"kind": None},
        {"reason": "because"},
        {"comment": "x" * 1_001},
        {"comment": "a\x00b"},
        {"comment": 7},
        {"thread_id": None},
        {"item_id": ["msg_1"]},
        {"item_id": "x" * 101},
    ],
)
async def test_a_bad_vote_is_refused(
    parts: Parts,
    client: httpx.AsyncClient,
    bearer: dict[str, str],
    answered: dict[str, str],
    change: dict[str, Any],
) -> None:
    response = await client.post(FEEDBACK, headers=bearer, json=answered | {"kind": "negative"} | change)
    assert (response.status_code, response.json()["code"]) == (422, "request_invalid")
    assert [entry["field"] for entry in response.json()["details"]] == [next(iter(change))]
    assert await stored_votes(parts) == []


async def test_nobody_votes_in_the_conversation_of_another(
    parts: Parts, client: httpx.AsyncClient, bearer: dict[str, str], answered: dict[str, str]
) -> None:
    vote = answered | {"kind": "negative"}
    assert (await client.post(FEEDBACK, json=vote)).status_code == 401
    stranger = await signed_in(client)
    own, _ = await create(client, stranger)
    for headers, change in (
        (stranger, {}),
        (stranger, {"thread_id": own}),
        (bearer, {"item_id": "msg_0"}),
        (bearer, {"thread_id": "thr_0"}),
        (bearer, {"thread_id": "thr_\x00"}),
        (bearer, {"item_id": "../" + answered["item_id"]}),
    ):
        response = await client.post(FEEDBACK, headers=headers, json=vote | change)
        assert (response.status_code, response.json()["code"]) == (404, "not_found"), change
    assert await stored_votes(parts) == []


async def test_a_reader_gets_all_own_conversations(client: httpx.AsyncClient, bearer: dict[str, str]) -> None:
    ids = [(await create(client, bearer, f"Colour of lamp {n}"))[0] for n in range(3)]
    thread, events = await create(client, bearer)
    answer = events[-1]["item"]
    vote = {"thread_id": thread, "item_id": answer["id"], "kind": "negative", "reason": "unclear"}
    await client.post(FEEDBACK, headers=bearer, json=vote)
    await create(client, await signed_in(client), "How warm is the heater?")
    response = await client.get(EXPORT, headers=bearer)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert "attachment" in response.headers["content-disposition"]
    exported = response.json()
    assert exported["exported_at"].endswith("Z")
    assert [one["id"] for one in exported["conversations"]] == [*ids, thread]
    last = exported["conversations"][-1]
    assert last["title"] == QUESTION
    asked, said = last["messages"]
    assert (asked["role"], asked["text"], asked["quoted"]) == ("user", QUESTION, None)
    assert (said["role"], said["text"]) == ("assistant", answer["content"][0]["text"])
    source = answer["content"][0]["annotations"][0]["source"]
    assert said["citations"][0] == {
        "url": source["url"],
        "title": source["title"],
        "quote": source["description"],
    }
    assert said["feedback"] == {
        "kind": "negative",
        "reason": "unclear",
        "comment": None,
        "at": said["feedback"]["at"],
    }
    assert "heater" not in json.dumps(exported)


async def test_an_export_may_be_empty_and_needs_a_session(client: httpx.AsyncClient) -> None:
    assert (await client.get(EXPORT)).status_code == 401
    exported = (await client.get(EXPORT, headers=await signed_in(client))).json()
    assert exported["conversations"] == []


async def test_an_export_has_more_than_one_page(parts: Parts) -> None:
    async with running(parts) as client:
        bearer = await signed_in(client)
        for _ in range(2):
            await create(client, bearer)
        assert parts.database is not None
        async with parts.database.transaction("") as transaction:
            for n in range(120):
                for table, columns in (("threads", "owner"), ("items", "thread")):
                    await transaction.run(
                        f"INSERT INTO {table} (id, {columns}, body) "
                        f"SELECT :id, {columns}, replace(body, id, :id) FROM {table} ORDER BY seq LIMIT 1",
                        id=f"{table}_{n}",
                    )
        exported = (await client.get(EXPORT, headers=bearer)).json()["conversations"]
        assert len({one["id"] for one in exported}) == 122
        assert sum(len(one["messages"]) for one in exported) == 2 * 2 + 120
