"""Questions and searches over HTTP, and what the assistant does when a part of it fails."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest

from footnote_api.answerers import Statement, Turn
from footnote_api.excerpts import excerpt, plain
from footnote_api.followups import in_context
from footnote_core.embedders import Purpose, Vectors
from footnote_core.embedders.local import LocalEmbedder
from footnote_core.errors import UpstreamError, UpstreamTimeout
from footnote_core.models import Passage
from tests.support.api import QUESTION, SITE, Parts, ScriptedAnswerer, running, signed_in


async def ask(client: httpx.AsyncClient, question: str = QUESTION, **more: Any) -> dict[str, Any]:
    headers = await signed_in(client)
    response = await client.post("/api/ask", headers=headers, json={"question": question, **more})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def sse(text: str) -> list[tuple[str, Any]]:
    events = []
    for frame in filter(None, text.split("\n\n")):
        name, data = frame.split("\n", 1)
        events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return events


async def test_an_answer_carries_checked_footnotes(client: httpx.AsyncClient) -> None:
    answer = await ask(client)
    assert set(answer) >= {"answer", "citations", "refused", "nearest", "answerer", "timings_ms"}
    assert answer["refused"] is False
    assert answer["answerer"] == "extractive"
    assert answer["nearest"] == []
    first = answer["citations"][0]
    assert first == {
        "index": 1,
        "url": f"{SITE}/docs/lamp#colour",
        "title": "Lamp",
        "heading": "Colour",
        "quote": "Set `colour` in `lamp.yml` to change the colour of the lamp.",
        "source": "docs/lamp.md",
    }
    assert "the colour of the lamp. [1]" in answer["answer"]
    assert set(answer["timings_ms"]) == {"embed", "search", "first", "answer", "total"}


async def test_a_passage_before_the_first_heading_links_to_the_page(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "Should I cover the heater that warms a room?")
    assert f"{SITE}/docs/heater" in {c["url"] for c in answer["citations"]}


async def test_a_refusal_has_no_citation_but_the_nearest_sections(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "Is the lamp allowed in Antarctic submarines of 1950?")
    assert answer["refused"] is True
    assert answer["citations"] == []
    assert answer["answer"] == "The documentation does not answer this question."
    assert 1 <= len(answer["nearest"]) <= 3
    assert set(answer["nearest"][0]) == {"url", "title", "heading"}


async def test_a_part_that_the_docs_do_not_know_is_named(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "How do I change the colour of the lamp from Grafana?")
    assert answer["citations"]
    assert answer["answer"].endswith("\n\nThe documentation does not mention `Grafana`.")
    assert "\n\n\n" not in answer["answer"]


async def test_events_say_the_same_as_the_whole_answer(client: httpx.AsyncClient) -> None:
    headers = await signed_in(client) | {"accept": "text/event-stream"}
    response = await client.post("/api/ask", headers=headers, json={"question": QUESTION})
    events = sse(response.text)
    name, done = events[-1]
    assert name == "done"
    assert "".join(data["text"] for kind, data in events if kind == "delta") == done["answer"]
    cited = [data for kind, data in events if kind == "citation"]
    assert [c["index"] for c in cited] == [c["index"] for c in done["citations"]]
    assert cited == done["citations"]


async def test_a_failure_in_the_stream_is_an_event(parts: Parts) -> None:
    parts.answerer = ScriptedAnswerer(
        [Statement("Set the colour of the lamp.", (0,))], UpstreamTimeout("Too slow.")
    )
    async with running(parts) as client:
        headers = await signed_in(client) | {"accept": "text/event-stream"}
        response = await client.post("/api/ask", headers=headers, json={"question": QUESTION})
    assert response.status_code == 200
    assert sse(response.text)[-1] == (
        "error",
        {"code": "upstream_timeout", "message": "Too slow.", "details": None},
    )


async def test_a_statement_without_support_is_not_said(parts: Parts) -> None:
    parts.answerer = ScriptedAnswerer(
        [
            Statement("In short:", ()),
            Statement(" Elephants swim.", (0,), "invented"),
            Statement(" By the way:", ()),
            Statement(" Set the colour of the lamp.", (0,), "invented"),
            Statement(" Bye.", ()),
        ]
    )
    async with running(parts) as client:
        answer = await ask(client)
    assert answer["answer"] == "By the way: Set the colour of the lamp. [1]"
    assert answer["citations"][0]["quote"] == "Set `colour` in `lamp.yml` to change the colour of the lamp."


async def test_an_answer_without_any_citation_is_a_refusal(parts: Parts) -> None:
    parts.answerer = ScriptedAnswerer([Statement("I think so.", ())])
    async with running(parts) as client:
        answer = await ask(client)
    assert answer["refused"] is True
    assert "I think" not in answer["answer"]


async def test_history_reaches_the_answerer_and_the_search(parts: Parts) -> None:
    parts.answerer = answerer = ScriptedAnswerer([Statement("The timer switches the lamp off.", (0,))])
    history = [
        {"role": "user", "content": "Does the lamp have a timer?"},
        {"role": "assistant", "content": "Yes."},
    ]
    async with running(parts) as client:
        await ask(client, "What is its default?", history=history)
    question, evidence, turns = answerer.asked[0]
    assert question == "What is its default?"
    assert evidence[0].link == "/docs/lamp#timer"
    assert turns == [Turn("user", "Does the lamp have a timer?"), Turn("assistant", "Yes.")]


HISTORY = [Turn("user", "Does the lamp have a timer?"), Turn("assistant", "Yes.")]


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("And the default?", "Does the lamp have a timer? And the default?"),
        ("How do I change it?", "Does the lamp have a timer? How do I change it?"),
        ("How do I pair a hub?", "How do I pair a hub?"),
        ("thermostat temperature", "thermostat temperature"),
    ],
)
def test_a_question_that_points_back_takes_the_last_one_along(question: str, searched: str) -> None:
    assert in_context(question, HISTORY) == searched
    assert in_context(question, []) == question


class FailingEmbedder(LocalEmbedder):
    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Vectors:
        raise UpstreamError("The embedder failed.")


class Reversing:
    name = "reversing"

    def __init__(self, error: UpstreamError | None = None) -> None:
        self.error = error

    async def rerank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        if self.error:
            raise self.error
        return [replace(p, score=n) for n, p in enumerate(passages)][::-1]

    async def aclose(self) -> None: ...


async def urls(client: httpx.AsyncClient, q: str = "colour of the lamp") -> list[str]:
    hits = (await client.get("/api/search", params={"q": q, "limit": 4})).json()["hits"]
    return [hit["url"] for hit in hits]


async def test_without_the_embedders_vendor_words_alone_find(parts: Parts) -> None:
    parts.embedder = FailingEmbedder()
    async with running(parts) as client:
        assert (await urls(client))[0] == f"{SITE}/docs/lamp#colour"
        assert 'footnote_degradations_total{stage="embed"} 1.0' in (await client.get("/metrics")).text


async def test_a_reranker_decides_the_order_and_may_fail(parts: Parts) -> None:
    async with running(parts) as client:
        plain_order = await urls(client)
    parts.reranker = Reversing(UpstreamError("No."))
    async with running(parts) as client:
        assert await urls(client) == plain_order
    parts.reranker = Reversing()
    async with running(parts) as client:
        assert (await urls(client))[-1] != plain_order[-1]


async def test_a_failing_model_is_replaced_by_quotes(parts: Parts) -> None:
    parts.fallback = parts.answerer
    parts.answerer = ScriptedAnswerer([], error=UpstreamError("The model failed."))
    async with running(parts) as client:
        answer = await ask(client)
    assert answer["answerer"] == "extractive"
    assert answer["citations"]
    assert answer["notice"].startswith("The model failed.")


@pytest.mark.parametrize(
    ("locale", "notice"),
    [
        ("de-AT", "Das Sprachmodell hat nicht rechtzeitig geantwortet. Diese Antwort zitiert"),
        ("pt", "OpenAI did not answer in time. This answer quotes the documentation instead."),
    ],
)
async def test_a_notice_is_in_the_language_of_the_page(parts: Parts, locale: str, notice: str) -> None:
    parts.fallback = parts.answerer
    parts.answerer = ScriptedAnswerer(
        [], error=UpstreamError("OpenAI did not answer in time.", {"kind": "slow"})
    )
    async with running(parts) as client:
        assert (await ask(client, locale=locale))["notice"].startswith(notice)


async def test_search_gives_one_hit_a_section(client: httpx.AsyncClient) -> None:
    body = (await client.get("/api/search", params={"q": "lamp colour timer", "limit": 50})).json()
    assert set(body) == {"hits", "took_ms"}
    found = [hit["url"] for hit in body["hits"]]
    assert len(found) == len(set(found))
    assert set(body["hits"][0]) == {
        "url",
        "title",
        "heading",
        "excerpt",
        "marks",
        "score",
        "version",
        "locale",
        "source",
    }
    for hit in body["hits"]:
        marked = [hit["excerpt"][start:end].lower() for start, end in hit["marks"]]
        assert all(word.startswith(("lamp", "colo", "time")) for word in marked)
    assert body["hits"][0]["marks"]
    limited = (await client.get("/api/search", params={"q": "lamp", "limit": 1})).json()
    assert len(limited["hits"]) == 1


async def test_search_finds_half_typed_words(client: httpx.AsyncClient) -> None:
    body = (await client.get("/api/search", params={"q": "thermost"})).json()
    assert body["hits"][0]["heading"] == "Thermostat"


async def test_an_empty_version_or_locale_is_none(client: httpx.AsyncClient) -> None:
    found = await client.get("/api/search", params={"q": "lamp", "limit": 10, "version": "", "locale": ""})
    assert found.json()["hits"]
    assert (await ask(client, version="", locale=" "))["citations"]


async def test_health_can_be_asked_without_a_body(client: httpx.AsyncClient) -> None:
    for path in ("/healthz", "/readyz"):
        answered = await client.head(path)
        assert (answered.status_code, answered.content) == (200, b"")


async def test_search_keeps_to_a_version_and_a_locale(client: httpx.AsyncClient) -> None:
    found = await client.get("/api/search", params={"q": "lamp", "version": "current", "locale": "en"})
    assert found.json()["hits"]
    assert (await client.get("/api/search", params={"q": "lamp", "version": "1.0"})).json()["hits"] == []


@pytest.mark.parametrize("q", ["?!", "\x00", "'; DROP TABLE items; --", "🎨", "*" * 400, "a" * 400, "%ff"])
async def test_odd_searches_are_only_searches(client: httpx.AsyncClient, q: str) -> None:
    assert (await client.get("/api/search", params={"q": q})).status_code == 200


async def test_ready_names_the_generation(client: httpx.AsyncClient) -> None:
    body = (await client.get("/readyz")).json()
    assert body["generation"]["pages"] == 3
    text = (await client.get("/metrics")).text
    assert "footnote_index_pages 3.0" in text
    assert 'footnote_requests_total{method="GET",route="/readyz",status="200"} 1.0' in text


async def test_unknown_paths_do_not_become_labels(client: httpx.AsyncClient) -> None:
    await client.get("/secret-path-of-a-scanner")
    text = (await client.get("/metrics")).text
    assert "scanner" not in text
    assert 'route="unmatched"' in text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("Set **bold** and _it_ in [the docs](/x \"t\").", "Set bold and it in the docs."),
        ("Use `<base>/*x*` now", "Use <base>/*x* now"),
        ("```js title=\"a\"\nconst a_b_c = [1](2);\n```", "const a_b_c = [1](2);"),
        ("| A | B |\n| --- | --- |\n| 1 | 2 |", "A B 1 2"),
        ("## Head\n\n- one\n- two\n\n:::note\ntext\n:::", "Head one two text"),
        ("a <b>c</b> d", "a c d"),
    ],
)  # fmt: skip
def test_excerpts_are_plain_text(markdown: str, text: str) -> None:
    assert plain(markdown) == text


@pytest.mark.parametrize(
    ("question", "marked"),
    [
        ("configure", ["Configuring", "configuration"]),
        ("the conf", ["Configuring", "configuration"]),  # half-typed
        ("docs it", ["docs", "its", "it"]),
        ("", []),
        ("(.*", []),
    ],
)
def test_words_are_marked_in_every_form(question: str, marked: list[str]) -> None:
    text = "Configuring docs: see its configuration; it works."
    shown, marks = excerpt(text, question)
    assert shown == text
    assert [text[start:end] for start, end in marks] == marked


def test_an_excerpt_shows_the_words_searched_for() -> None:
    text = (
        "filler words here. " * 60 + "The needle is configured in the haystack. " + "more filler text. " * 60
    )
    found, marks = excerpt(text, "configure needle")
    assert "needle is configured" in found
    assert len(found) <= 300
    assert found.startswith("…") and found.endswith("…")
    assert [found[start:end] for start, end in marks] == ["needle", "configured"]
    assert excerpt("short", "x") == ("short", [])
    assert excerpt("x" * 500, "x") == ("x" * 298 + "…", [])


def test_an_excerpt_of_a_language_without_spaces() -> None:
    text = "前" * 400 + " 索引路径 " + "后" * 400
    found, marks = excerpt(text, "索引路径", "zh")
    assert len(found) <= 300
    assert [found[start:end] for start, end in marks] == ["索引路径"]
    found, marks = excerpt(text.replace(" ", ""), "索引路径", "zh")
    assert len(found) <= 300
    assert all(end <= len(found) for _, end in marks)


def test_a_letter_that_becomes_two_in_lower_case_moves_no_mark() -> None:
    text = "İstanbul Demo stop DEMOS demo-x"
    _, marks = excerpt(text, "stop dem")
    assert [text[start:end] for start, end in marks] == ["Demo", "stop", "DEMOS", "demo"]
