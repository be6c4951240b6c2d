"""Follow-ups and questions in other languages, with a model at the wire."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from footnote_api.answerers.extractive import ExtractiveAnswerer
from footnote_api.answerers.openai import OpenAIAnswerer
from footnote_core.embedders.local import LocalEmbedder
from footnote_core.index import open_index
from tests.support.api import QUESTION, SITE, Parts, publish, running, settings, signed_in
from tests.support.vendors import Fault, Vendors, openai_client, vendors

HISTORY = [
    {"role": "user", "content": "Does the lamp have a timer?"},
    {"role": "assistant", "content": "The timer switches the lamp off after `minutes`."},
]


@pytest.fixture
def vendor() -> Iterator[Vendors]:
    with vendors() as running_vendor:
        yield running_vendor


@pytest.fixture(params=[True, False], ids=["responses", "chat"])
async def parts(request: pytest.FixtureRequest, vendor: Vendors, tmp_path: Path) -> AsyncIterator[Parts]:
    client = openai_client(vendor.url, retries=0)
    answerer = OpenAIAnswerer(client, "gpt-test", responses=request.param, first_seconds=2)
    index = open_index(settings(FOOTNOTE_INDEX_PATH=str(tmp_path)))
    made = Parts(settings(), index, LocalEmbedder(), answerer, ExtractiveAnswerer())
    await publish(index, made.embedder)
    yield made
    await index.aclose()
    await answerer.aclose()


async def test_a_follow_up_is_rewritten_by_the_model(parts: Parts, vendor: Vendors) -> None:
    vendor.answer = ["The default is 30 minutes [1]."]
    async with running(parts) as client:
        body = {"question": "And the default?", "history": HISTORY}
        answer = (await client.post("/api/ask", headers=await signed_in(client), json=body)).json()
    assert answer["answer"] == "The default is 30 minutes. [1]"
    assert answer["citations"][0]["url"] == f"{SITE}/docs/lamp#timer"
    assert [bool(asked.get("stream")) for _, asked in vendor.requests] == [False, True]


async def test_a_question_that_stands_alone_is_not_rewritten(parts: Parts, vendor: Vendors) -> None:
    vendor.answer = ["Set `colour` in `lamp.yml` [1]."]
    async with running(parts) as client:
        await client.post("/api/ask", headers=await signed_in(client), json={"question": QUESTION})
    assert len(vendor.requests) == 1


async def test_a_model_that_cannot_rewrite_leaves_it_to_the_rules(parts: Parts, vendor: Vendors) -> None:
    vendor.faults = [Fault(status=500)]
    vendor.answer = ["The default is 30 minutes [1]."]
    async with running(parts) as client:
        body = {"question": "And its default?", "history": HISTORY}
        answer = (await client.post("/api/ask", headers=await signed_in(client), json=body)).json()
        assert 'footnote_degradations_total{stage="rewrite"} 1.0' in (await client.get("/metrics")).text
    assert answer["answer"] == "The default is 30 minutes. [1]"


async def test_a_question_in_another_language_is_answered_in_it(parts: Parts, vendor: Vendors) -> None:
    vendor.answer = ["Die Voreinstellung ist 30 Minuten [1].", " Sie kostet 99 Euro [1]."]
    async with running(parts) as client:
        body = {"question": "Was ist die Voreinstellung der Zeitschaltuhr der Lampe?"}
        answer = (await client.post("/api/ask", headers=await signed_in(client), json=body)).json()
    assert answer["answer"] == "Die Voreinstellung ist 30 Minuten. [1]"
    assert answer["citations"][0]["quote"] == "The default is 30 minutes."
    instructions = str(vendor.requests[0][1])
    assert "language with the code en" in instructions
