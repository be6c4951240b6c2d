"""The adapters of OpenAI and Cohere, each against a stand-in that speaks the vendor's API."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import numpy as np
import pytest

from footnote_api.answerers import Statement, Turn
from footnote_api.answerers.openai import OpenAIAnswerer
from footnote_api.answerers.usage import Usage
from footnote_api.budget import Unlimited
from footnote_api.rerankers import Reranker
from footnote_api.rerankers.cohere import CohereReranker
from footnote_core.embedders import Embedder
from footnote_core.embedders.cohere import CohereEmbedder, new_client
from footnote_core.embedders.openai import OpenAIEmbedder
from footnote_core.errors import UpstreamError, UpstreamTimeout
from footnote_core.models import Passage
from tests.support.vendors import KEY, Fault, Vendors, openai_client, vendors


@pytest.fixture
def vendor() -> Iterator[Vendors]:
    with vendors() as running:
        yield running


PASSAGES = [
    Passage("1", "/docs/lamp", "Lamp", "docs/lamp.md", "colour", "Colour", (), "Set the colour.", 0, "current", "en", 0.4),
    Passage("2", "/docs/heater", "Heater", "docs/heater.md", None, None, (), "Never cover the heater.", 0, "current", "en", 0.3),
]  # fmt: skip


@pytest.fixture(params=["cohere", "openai"])
async def embedder(request: pytest.FixtureRequest, vendor: Vendors) -> AsyncIterator[Embedder]:
    made: Embedder
    if request.param == "cohere":
        vendor.dimension = 1024
        made = CohereEmbedder(new_client(KEY, vendor.url), "embed-v5.0-fast")
    else:
        vendor.dimension = 1536
        made = OpenAIEmbedder(openai_client(vendor.url), "text-embedding-3-small", 1536)
    yield made
    await made.aclose()


async def test_vectors_have_length_one_and_keep_their_order(embedder: Embedder, vendor: Vendors) -> None:
    texts = [f"text {n}" for n in range(300)]
    vectors = await embedder.embed(texts, "document")
    assert vectors.shape == (300, embedder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    raw = np.array(vendor.vector("text 299"))
    np.testing.assert_allclose(vectors[299], raw / np.linalg.norm(raw), rtol=1e-5)
    sizes = [len(body.get("texts") or body["input"]) for _, body in vendor.requests]
    assert max(sizes) <= embedder.batch_size
    assert sum(sizes) == 300


async def test_cohere_is_told_the_purpose(vendor: Vendors) -> None:
    vendor.dimension = 1024
    embedder = CohereEmbedder(new_client(KEY, vendor.url), "embed-v5.0-fast")
    await embedder.embed(["x"], "query")
    await embedder.embed(["x"], "document")
    asked = [
        (body["input_type"], body["output_dimension"], body["embedding_types"]) for _, body in vendor.requests
    ]
    assert asked == [("search_query", 1024, ["float"]), ("search_document", 1024, ["float"])]
    await embedder.aclose()


async def test_a_wrong_dimension_is_named(embedder: Embedder, vendor: Vendors) -> None:
    vendor.dimension = 3
    with pytest.raises(UpstreamError, match=f"3 numbers instead of {embedder.dimension}"):
        await embedder.embed(["x"], "query")


async def test_a_limited_request_is_tried_again(embedder: Embedder, vendor: Vendors) -> None:
    vendor.faults = [Fault(status=429, retry_after=0.01), Fault(status=503, retry_after=0.01)]
    assert (await embedder.embed(["x"], "query")).shape == (1, embedder.dimension)
    assert len(vendor.requests) == 3


FAILURES: list[tuple[list[Fault], str]] = [
    ([Fault(status=401)], "does not accept the key"),
    ([Fault(status=429, retry_after=0.01)] * 3, "limiting requests"),
    ([Fault(status=500, retry_after=0.01)] * 3, "status 500"),
    ([Fault(body=b"<html>hello</html>")] * 3, "cannot be read|status 200"),
    ([Fault(body=b"{}")], "cannot be read|0 vectors"),
]


@pytest.mark.parametrize(("faults", "message"), FAILURES, ids=lambda value: str(value)[:40])
async def test_every_failure_of_an_embedder_is_mapped(
    embedder: Embedder, vendor: Vendors, faults: list[Fault], message: str
) -> None:
    vendor.faults = list(faults)
    with pytest.raises(UpstreamError, match=message):
        await embedder.embed(["x"], "query")


async def test_a_query_does_not_wait_for_ever(
    embedder: CohereEmbedder | OpenAIEmbedder, vendor: Vendors
) -> None:
    vendor.faults = [Fault(status=429, retry_after=30)]
    embedder.query_seconds = 0.2
    with pytest.raises(UpstreamTimeout):
        await embedder.embed(["x"], "query")


async def test_a_vendor_that_is_gone() -> None:
    with vendors() as gone:
        pass
    for embedder in (
        CohereEmbedder(new_client(KEY, gone.url), "embed-v5.0-fast"),
        OpenAIEmbedder(openai_client(gone.url), "text-embedding-3-small", 1536),
    ):
        embedder.query_seconds = 10
        with pytest.raises(UpstreamError, match="cannot be reached"):
            await embedder.embed(["x"], "query")
        await embedder.aclose()


@pytest.fixture
async def reranker(vendor: Vendors) -> AsyncIterator[Reranker]:
    made = CohereReranker(new_client(KEY, vendor.url), "rerank-v5.0-fast")
    yield made
    await made.aclose()


async def test_passages_are_reordered(reranker: Reranker) -> None:
    best, other = await reranker.rerank("never cover it", PASSAGES)
    assert (best.id, other.id) == ("2", "1")
    assert best.score == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=401),
        Fault(body=b"nonsense"),
        Fault(body=b"{}"),
        Fault(body=b'{"id": "1", "results": [{"index": 0, "relevance_score": 1.0}]}'),
        Fault(body=b'{"id": "1", "results": [{"index": 7, "relevance_score": 1.0}]}'),
    ],
    ids=["401", "junk", "empty", "missing", "unknown"],
)
async def test_every_failure_of_the_reranker_is_mapped(
    reranker: Reranker, vendor: Vendors, fault: Fault
) -> None:
    vendor.faults = [fault]
    with pytest.raises(UpstreamError):
        await reranker.rerank("colour", PASSAGES)


@pytest.fixture
def spent() -> list[Usage]:
    """What the calls of `answerer` cost."""
    return []


@pytest.fixture(params=["responses", "chat"])
async def answerer(
    request: pytest.FixtureRequest, vendor: Vendors, spent: list[Usage]
) -> AsyncIterator[OpenAIAnswerer]:
    made = OpenAIAnswerer(
        openai_client(vendor.url),
        "a-model",
        responses=request.param == "responses",
        budget=Unlimited(spent.append),
    )
    yield made
    await made.aclose()


async def said(answerer: OpenAIAnswerer, statements: list[Statement]) -> None:
    async for statement in answerer.stream(
        "Which colour?", PASSAGES, [Turn("user", "Hi"), Turn("assistant", "Yes?")]
    ):
        statements.append(statement)


async def test_a_model_answers_in_statements(answerer: OpenAIAnswerer, vendor: Vendors) -> None:
    statements: list[Statement] = []
    await said(answerer, statements)
    assert statements == [Statement("Set the colour.", (0,)), Statement(" Done.", (0,))]
    path, body = vendor.requests[0]
    messages: list[dict[str, Any]] = body["input"] if path == "/v1/responses" else body["messages"][1:]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    prompt = messages[-1]["content"]
    assert "[1] Lamp › Colour\nSet the colour." in prompt
    assert "[2] Heater\nNever cover the heater." in prompt
    assert prompt.endswith("Question: Which colour?")
    assert body.get("store") is (False if path == "/v1/responses" else None)


async def test_answers_come_over_one_connection(answerer: OpenAIAnswerer, vendor: Vendors) -> None:
    """To open one to OpenAI costs a reader a tenth of a second."""
    vendor.pause_seconds = 0.02
    for _ in range(3):
        await said(answerer, [])
    assert len(vendor.requests) == 3
    assert len(vendor.connections) == 1


async def test_tokens_are_those_the_vendor_says(
    answerer: OpenAIAnswerer, vendor: Vendors, spent: list[Usage]
) -> None:
    vendor.usage = (321, 45)
    await said(answerer, [])
    await answerer.standalone("And there?", [], "en")
    assert spent[0] == Usage(321, 45)
    assert len(spent) == 2


async def test_tokens_of_a_vendor_that_says_nothing_are_counted_here(
    answerer: OpenAIAnswerer, vendor: Vendors, spent: list[Usage]
) -> None:
    vendor.answer = ["word " * 100, "[1]."]
    await said(answerer, [])
    (usage,) = spent
    assert 90 <= usage.output_tokens <= 130
    assert usage.input_tokens > 100, "the instructions alone are longer"


async def test_an_answer_that_breaks_off_has_cost_what_was_written(
    answerer: OpenAIAnswerer, vendor: Vendors, spent: list[Usage]
) -> None:
    vendor.usage = (321, 45)
    vendor.answer = ["word " * 100, "[1]."] * 2
    vendor.faults = [Fault(cut_after=6)]
    with pytest.raises(UpstreamError):
        await said(answerer, [])
    (usage,) = spent
    assert usage.input_tokens > 100
    assert usage.output_tokens > 90


async def test_a_call_that_the_vendor_refuses_costs_nothing(
    answerer: OpenAIAnswerer, vendor: Vendors, spent: list[Usage]
) -> None:
    vendor.faults = [Fault(status=400)]
    with pytest.raises(UpstreamError):
        await said(answerer, [])
    assert spent == []


async def test_a_model_that_finds_nothing_says_nothing(answerer: OpenAIAnswerer, vendor: Vendors) -> None:
    vendor.answer = ["NO", "NE"]
    statements: list[Statement] = []
    await said(answerer, statements)
    assert statements == []


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault(cut_after=7), "broke off|cannot be reached"),
        (Fault(malformed_after=7), "cannot be read"),
        (Fault(failed_after=7), "reported a failure"),
    ],
    ids=["cut", "malformed", "failed"],
)
async def test_a_failure_in_mid_answer_comes_after_what_was_said(
    answerer: OpenAIAnswerer, vendor: Vendors, fault: Fault, message: str
) -> None:
    vendor.answer = ["Set [1]. ", "More [1]. "] * 3
    vendor.faults = [fault]
    statements: list[Statement] = []
    with pytest.raises(UpstreamError, match=message):
        await said(answerer, statements)
    assert statements[0] == Statement("Set.", (0,))
    assert len(statements) < 6


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ([Fault(status=401)], "key"),
        ([Fault(status=429, retry_after=0.01)] * 3, "limiting"),
        ([Fault(status=500, retry_after=0.01)] * 3, "status 500"),
    ],
    ids=["401", "429", "500"],
)
async def test_a_refused_answer_is_mapped(
    answerer: OpenAIAnswerer, vendor: Vendors, faults: list[Fault], message: str
) -> None:
    vendor.faults = list(faults)
    with pytest.raises(UpstreamError, match=message):
        await said(answerer, [])


async def test_a_slow_model_is_given_up(answerer: OpenAIAnswerer, vendor: Vendors) -> None:
    vendor.faults = [Fault(delay_seconds=2)]
    answerer.first_seconds = 0.3
    with pytest.raises(UpstreamTimeout):
        await said(answerer, [])


@pytest.mark.parametrize(
    ("key", "model", "message"),
    [
        (KEY, "gpt-test", None),
        (KEY, "gpt-old", "does not have the model gpt-old"),
        ("expired", "gpt-test", "does not accept the key"),
    ],
)
async def test_the_key_and_the_model_are_looked_at(
    vendor: Vendors, key: str, model: str, message: str | None
) -> None:
    answerer = OpenAIAnswerer(openai_client(vendor.url, key), model, responses=True)
    if message is None:
        await answerer.check()
    else:
        with pytest.raises(UpstreamError, match=message):
            await answerer.check()
    await answerer.aclose()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault(status=404, code="model_not_found"), "does not know the model"),
        (Fault(status=400, code="context_length_exceeded"), "too long for the model"),
        (Fault(status=400, code="content_filter"), "content filter"),
        (Fault(status=429, code="insufficient_quota", retry_after=0.01), "quota is used up"),
        (Fault(finish="content_filter"), "content filter"),
        (Fault(finish="refusal"), "content filter"),
    ],
    ids=["model", "context", "filter", "quota", "filtered midway", "declined"],
)
async def test_what_cannot_be_answered_is_named(
    answerer: OpenAIAnswerer, vendor: Vendors, fault: Fault, message: str
) -> None:
    vendor.faults = [fault] * 3
    with pytest.raises(UpstreamError, match=message):
        await said(answerer, [])


async def test_an_empty_answer_is_a_failure(answerer: OpenAIAnswerer, vendor: Vendors) -> None:
    vendor.answer = []
    with pytest.raises(UpstreamError, match="empty"):
        await said(answerer, [])
