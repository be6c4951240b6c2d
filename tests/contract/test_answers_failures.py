"""Every vendor fails in every way, at the wire; readers get an answer each time, and soon."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from footnote_api.answerers.extractive import ExtractiveAnswerer
from footnote_api.answerers.openai import OpenAIAnswerer
from footnote_api.databases import open_database
from footnote_api.metrics import Metrics
from footnote_api.rerankers.cohere import CohereReranker
from footnote_core.embedders.cohere import CohereEmbedder, new_client
from footnote_core.embedders.local import LocalEmbedder
from footnote_core.index import Index, open_index
from tests.support import failures
from tests.support.api import QUESTION, SITE, Parts, caller, publish, running, settings, signed_in
from tests.support.failures import CASES, Case
from tests.support.vendors import KEY, Fault, Vendors, openai_client, vendors

ANSWER = [
    "Set `colour` in `lamp.yml` to change ",
    "the colour of the lamp [1].",
    " More is said below.\n",
]
STAGES = {"embeddings": "embed", "reranker": "rerank", "model": "answer"}


@pytest.fixture
def vendor() -> Iterator[Vendors]:
    with vendors() as running_vendor:
        running_vendor.dimension = 1024
        yield running_vendor


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[Index]:
    opened = open_index(settings(FOOTNOTE_INDEX_PATH=str(tmp_path)))
    yield opened
    await opened.aclose()


def model(url: str, *, responses: bool = True, first_seconds: float = 0.9) -> OpenAIAnswerer:
    client = openai_client(url)
    return OpenAIAnswerer(client, "gpt-test", responses=responses, first_seconds=first_seconds)


@asynccontextmanager
async def broken(
    case: Case, vendor: Vendors, index: Index, *, responses: bool
) -> AsyncIterator[httpx.AsyncClient]:
    """The application with the vendor of `case`, which fails from now on."""
    with vendors() as gone:
        pass
    url = gone.url if case.gone else vendor.url
    parts = Parts(settings(), index, LocalEmbedder())
    if case.vendor == "embeddings":
        working = CohereEmbedder(new_client(KEY, vendor.url), "embed-v5.0-fast")
        await publish(index, working)
        await working.aclose()
        parts.embedder = CohereEmbedder(new_client(KEY, url), "embed-v5.0-fast")
    else:
        await publish(index, parts.embedder)
    if case.vendor == "reranker":
        parts.reranker = CohereReranker(new_client(KEY, url), "rerank-v5.0-fast")
    if case.vendor == "model":
        # A busy machine must not make a slow vendor of one that fails in another way.
        first_seconds = 0.9 if any(fault.delay_seconds for fault in case.faults) else 6
        parts.answerer = model(url, responses=responses, first_seconds=first_seconds)
        parts.fallback = ExtractiveAnswerer()
    vendor.answer = [] if case.empty else ANSWER * 4
    vendor.faults = list(case.faults)
    async with running(parts) as client:
        yield client
    await close(parts)


async def close(parts: Parts) -> None:
    """Close the vendors' clients."""
    await parts.embedder.aclose()
    if parts.reranker is not None:
        await parts.reranker.aclose()
    if isinstance(parts.answerer, OpenAIAnswerer):
        await parts.answerer.aclose()


EACH = [(case, r) for case in CASES for r in ((True, False) if case.vendor == "model" else (True,))]


@pytest.mark.parametrize(
    ("case", "responses"), EACH, ids=[f"{c.vendor}-{c.what}-{'responses' if r else 'chat'}" for c, r in EACH]
)
async def test_a_failing_vendor_costs_the_reader_little(
    case: Case, responses: bool, vendor: Vendors, index: Index
) -> None:
    async with broken(case, vendor, index, responses=responses) as client:
        headers = await signed_in(client)
        response = await client.post("/api/ask", headers=headers, json={"question": QUESTION})
        metrics = (await client.get("/metrics")).text
    answer = response.json()
    assert response.status_code == 200, answer
    assert answer["refused"] is False
    assert answer["citations"][0]["url"] == f"{SITE}/docs/lamp#colour"
    if case.vendor == "model":
        assert answer["answerer"] == "extractive"
        assert re.search(case.notice, answer["notice"])
    else:
        assert answer["notice"] is None
    assert f'footnote_degradations_total{{stage="{STAGES[case.vendor]}"}} 1.0' in metrics


def test_the_manual_has_the_table() -> None:
    text = failures.MANUAL.read_text(encoding="utf-8")
    assert failures.manual(text) == text, "run: python -m tests.support.failures"


async def test_a_dead_vendor_is_not_waited_for_twice(vendor: Vendors, index: Index) -> None:
    case = Case("model", "slow", (Fault(delay_seconds=3),) * 9)
    async with broken(case, vendor, index, responses=True) as client:
        headers = await signed_in(client)
        asked = []
        for _ in range(4):
            answer = (await client.post("/api/ask", headers=headers, json={"question": QUESTION})).json()
            asked.append(len(vendor.requests))
            assert answer["citations"] and "did not answer in time" in answer["notice"]
        ready = (await client.get("/readyz")).json()
    assert asked[1] == asked[2] == asked[3], "after two failures the vendor is left alone"
    assert "did not answer in time" in ready["vendors"]["answer"]["failing"]
    assert ready["vendors"]["embed"]["failing"] is None


async def test_a_stopped_answer_stops_the_vendor(vendor: Vendors, index: Index) -> None:
    answerer = model(vendor.url, first_seconds=30)
    parts = Parts(settings(), index, LocalEmbedder(), answerer, ExtractiveAnswerer())
    await publish(index, parts.embedder)
    vendor.answer = ANSWER * 200
    vendor.pause_seconds = 0.01
    content = [{"type": "input_text", "text": QUESTION}]
    message = {"input": {"content": content, "attachments": [], "inference_options": {}}}
    database = await open_database("sqlite:///:memory:")
    chatkit = parts.services(Metrics(), database).chatkit
    stream = await chatkit.handle(
        json.dumps({"type": "threads.create", "params": message}).encode(), caller("reader")
    )
    assert not isinstance(stream, bytes)
    async for frame in stream:
        if b"text_delta" in frame:
            break
    await stream.aclose()
    async with asyncio.timeout(30):
        while vendor.reader_left_at is None:
            await asyncio.sleep(0.005)
    listed = await chatkit.handle(b'{"type": "threads.list", "params": {}}', caller("reader"))
    assert isinstance(listed, bytes)
    thread = json.loads(listed)["data"][0]["id"]
    kept = (await chatkit.threads.items("reader", thread, 10, None, "asc")).data[1]
    await database.aclose()
    assert kept.content[0].text.startswith("Set `colour`")
    await close(parts)
