"""The daily budget of tokens on both databases: kept however many ask at once, and said to the reader."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from footnote_api.answerers.extractive import ExtractiveAnswerer
from footnote_api.answerers.openai import OpenAIAnswerer
from footnote_api.answerers.usage import Usage
from footnote_api.budget import DailyBudget, estimated_tokens
from footnote_api.databases import Database
from footnote_api.databases.sqlite import SqliteDatabase
from footnote_core.embedders.local import LocalEmbedder
from footnote_core.errors import UpstreamError
from footnote_core.index import Index, open_index
from footnote_core.models import Passage
from tests.support.api import QUESTION, Parts, publish, running, settings, signed_in
from tests.support.vendors import Vendors, openai_client, vendors

DAY = 86400


class Clock:
    now = 20_000.0 * DAY

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def spent() -> list[Usage]:
    return []


@pytest.fixture
def budget(database: Database, spent: list[Usage], clock: Clock) -> DailyBudget:
    return DailyBudget(database, 1_000, spent.append, clock)


async def used(database: Database) -> int:
    return int((await database.rows("SELECT coalesce(sum(tokens), 0) FROM spending"))[0][0])


async def call(budget: DailyBudget, most: int, *costs: int) -> None:
    async with budget.call(most) as spend:
        for cost in costs:
            spend(Usage(cost - 1, 1))


async def test_what_was_not_used_is_given_back(
    budget: DailyBudget, database: Database, spent: list[Usage]
) -> None:
    async with budget.call(900) as spend:
        assert await used(database) == 900
        spend(Usage(100, 50))
    assert await used(database) == 150
    assert spent == [Usage(100, 50)]
    with pytest.raises(ZeroDivisionError):
        async with budget.call(850):
            raise ZeroDivisionError
    assert await used(database) == 150


async def test_a_used_up_budget_is_an_upstream_failure_until_tomorrow(
    budget: DailyBudget, database: Database, clock: Clock
) -> None:
    await call(budget, 1_000, 990)
    with pytest.raises(UpstreamError, match="as much as it may in a day") as refused:
        await call(budget, 11)
    assert refused.value.details == {"kind": "budget"}
    await call(budget, 10, 10)
    clock.now += DAY
    await call(budget, 1_000, 700)
    assert [row[0] for row in await database.rows("SELECT tokens FROM spending ORDER BY day")] == [1_000, 700]
    clock.now += 40 * DAY
    await call(budget, 1_000, 5)
    assert await used(database) == 5  # the days before are forgotten


async def test_a_call_that_ends_tomorrow_was_paid_today(
    budget: DailyBudget, database: Database, clock: Clock
) -> None:
    async with budget.call(500) as spend:
        clock.now += DAY
        spend(Usage(20, 0))
    (row,) = await database.rows("SELECT day, tokens FROM spending")
    assert (row[0], row[1]) == (20_000, 20)


async def test_calls_at_once_do_not_exceed_it(budget: DailyBudget, database: Database) -> None:
    enough, ended = asyncio.Event(), asyncio.Event()
    refused = 0

    async def one() -> None:
        nonlocal refused
        try:
            async with budget.call(300) as spend:
                await ended.wait()
                spend(Usage(200, 100))
        except UpstreamError:
            refused += 1
            if refused == 17:
                enough.set()

    calls = [asyncio.create_task(one()) for _ in range(20)]
    await enough.wait()
    assert await used(database) == 900
    ended.set()
    await asyncio.gather(*calls)
    assert await used(database) == 900


async def test_a_call_that_is_cancelled_gives_back(budget: DailyBudget, database: Database) -> None:
    inside = asyncio.Event()

    async def stuck() -> None:
        async with budget.call(300) as spend:
            spend(Usage(7, 0))
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(stuck())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await used(database) == 7


async def test_a_budget_that_cannot_be_read_is_treated_as_used_up() -> None:
    budget = DailyBudget(SqliteDatabase("/proc/none/threads.db"), 1_000, lambda _: None)
    with pytest.raises(UpstreamError, match="cannot be read"):
        await call(budget, 1)


def test_an_estimate_is_rather_too_high() -> None:
    for text in ("How do I change the colour of the lamp? " * 20, "日本語の質問です。" * 20, "{}()[];:" * 20):
        assert estimated_tokens([text]) >= len(text) / 4


@pytest.fixture
def vendor() -> Iterator[Vendors]:
    with vendors() as running_vendor:
        running_vendor.answer = ["Set `colour` in `lamp.yml`", " to change the colour of the lamp [1]."]
        running_vendor.usage = (1_500, 500)
        yield running_vendor


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[Index]:
    opened = open_index(settings(FOOTNOTE_INDEX_PATH=str(tmp_path / "index")))
    yield opened
    await opened.aclose()


@pytest.mark.parametrize("responses", [True, False], ids=["responses", "chat"])
async def test_the_docs_are_quoted_when_the_budget_is_used_up(
    vendor: Vendors, index: Index, database: Database, responses: bool
) -> None:
    client = openai_client(vendor.url, retries=0)
    budget = DailyBudget(database, 9_000, lambda _: None)
    answerer = OpenAIAnswerer(client, "gpt-test", responses=responses, first_seconds=5, budget=budget)
    parts = Parts(settings(), index, LocalEmbedder(), answerer, ExtractiveAnswerer())
    await publish(index, parts.embedder)
    async with running(parts) as api:
        bearer = await signed_in(api)
        answers = [
            (await api.post("/api/ask", headers=bearer, json={"question": QUESTION})).json() for _ in range(5)
        ]
        assert 'footnote_degradations_total{stage="answer"} 2.0' in (await api.get("/metrics")).text
        ready = (await api.get("/readyz")).json()
        assert ready["vendors"]["answer"]["failing"] is None
    # Each takes 4,000 and what the prompt may cost, and gives back all but 2,000.
    assert [answer["answerer"] for answer in answers] == ["openai/gpt-test"] * 3 + ["extractive"] * 2
    assert await used(database) == 6_000
    assert len(vendor.requests) == 3
    for answer in answers[3:]:
        assert answer["notice"] == (
            "The language model has answered as much as it may in a day. "
            "This answer quotes the documentation instead."
        )
        assert answer["citations"] and not answer["refused"]
    await answerer.aclose()


@pytest.mark.parametrize("responses", [True, False], ids=["responses", "chat"])
async def test_a_reader_who_leaves_pays_for_what_was_said(
    vendor: Vendors, database: Database, spent: list[Usage], responses: bool
) -> None:
    vendor.answer = ["Set the colour of the lamp [1]. "] * 50
    vendor.pause_seconds = 0.01
    client = openai_client(vendor.url, retries=0)
    budget = DailyBudget(database, 9_000, spent.append)
    answerer = OpenAIAnswerer(client, "gpt-test", responses=responses, first_seconds=5, budget=budget)
    passage = Passage(
        "1", "/docs/lamp", "Lamp", "lamp.md", None, None, (), "Set it.", 0, "current", "en", 0.4
    )
    stream = answerer.stream(QUESTION, [passage], [])
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    (usage,) = spent
    assert 0 < usage.output_tokens < 200
    assert await used(database) == usage.input_tokens + usage.output_tokens
    await answerer.aclose()
