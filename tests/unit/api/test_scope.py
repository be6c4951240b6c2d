"""Answers keep to the reader's version and language, and know the page being read."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from footnote_api.scope import Place, Scope, other_language, raise_nearby, scope_of
from footnote_core.embedders.local import LocalEmbedder
from footnote_core.index import GenerationInfo, open_index
from footnote_core.models import Page, Passage, Section
from tests.support.api import SITE, Parts, publish, running, settings, signed_in

INFO = GenerationInfo("e", 1, "f", 1, 1, "now", versions=("2.0", "current", "1.0"), locales=("en", "de"))
QUESTION = "How do I change the colour of the lamp?"


def page(route: str, text: str, version: str = "2.0", locale: str = "en") -> Page:
    section = Section("colour", "Colour", 2, (), text, 1)
    return Page(route, "Lamp", f"{route}.md", (section,), version=version, locale=locale)


CORPUS = [
    page("/docs/lamp", "Set `colour` in `lamp.yml` to change the colour of the lamp."),
    page("/docs/next/lamp", "Set `tone` in `lamp.toml` to change the colour of the lamp.", "current"),
    page("/docs/1.0/lamp", "Turn the wheel to change the colour of the lamp.", "1.0"),
    page("/docs/heater", "The thermostat of the heater sets the temperature."),
    page("/de/docs/lamp", "Setze `farbe` in `lamp.yml`, um die Farbe der Lampe zu wechseln.", locale="de"),
    page("/de/docs/start", "Die Lampe steht auf dem Tisch.", locale="de"),
]


@pytest.fixture
async def scoped(embedder: LocalEmbedder, tmp_path: Path) -> AsyncIterator[Parts]:
    index = open_index(settings(FOOTNOTE_INDEX_PATH=str(tmp_path)))
    await publish(index, embedder, CORPUS)
    yield Parts(settings(), index, embedder)
    await index.aclose()


async def ask(client: httpx.AsyncClient, question: str = QUESTION, **more: Any) -> dict[str, Any]:
    response = await client.post(
        "/api/ask", headers=await signed_in(client), json={"question": question, **more}
    )
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def cited(answer: dict[str, Any]) -> set[str]:
    return {c["url"].removeprefix(SITE) for c in answer["citations"]}


@pytest.mark.parametrize(
    ("place", "link", "said"),
    [
        ({}, "/docs/lamp#colour", ""),
        ({"version": "1.0"}, "/docs/1.0/lamp#colour", ""),
        ({"version": "current"}, "/docs/next/lamp#colour", ""),
        ({"version": "0.9"}, "/docs/lamp#colour", "does not have version 0.9; this answer is from version 2.0."),
        ({"locale": "pt"}, "/docs/lamp#colour", "does not have language pt; this answer is from language en."),
        ({"locale": "fr"}, "/docs/lamp#colour", "n’existe pas en langue fr ; cette réponse vient de langue en."),
        ({"version": "[a](//e.x) `<b>`"}, "/docs/lamp#colour", "does not have version `[a](//e.x) <b>`; this answer is from version 2.0."),
        ({"locale": "de"}, "/docs/lamp#colour", "in der Sprache de beantwortet das nicht; diese Antwort stammt aus der Sprache en."),
    ],
)  # fmt: skip
async def test_an_answer_is_of_one_version_and_language(
    scoped: Parts, place: dict[str, str], link: str, said: str
) -> None:
    async with running(scoped) as client:
        answer = await ask(client, **place)
    assert cited(answer) == {link}
    first = answer["answer"].partition("\n\n")[0]
    assert first.endswith(said) if said else not first.endswith(" en.")


async def test_a_question_in_the_language_of_the_page_stays_there(scoped: Parts) -> None:
    async with running(scoped) as client:
        answer = await ask(client, "Wie kann ich die Farbe der Lampe wechseln?", locale="de")
    assert cited(answer) == {"/de/docs/lamp#colour"}


async def test_a_refusal_says_nothing_of_versions(scoped: Parts) -> None:
    async with running(scoped) as client:
        answer = await ask(client, "Which spaceships won medals in Antarctica?", version="0.9")
    assert answer["answer"] == "The documentation does not answer this question."


async def test_chatkit_metadata_says_where_the_reader_is(scoped: Parts) -> None:
    content = [{"type": "input_text", "text": QUESTION}]
    message = {"input": {"content": content, "attachments": [], "inference_options": {}}}
    metadata = {"page": "/docs/1.0/lamp", "version": "1.0", "locale": "en", "other": 1}
    async with running(scoped) as client:
        body = {"type": "threads.create", "params": message, "metadata": metadata}
        text = (await client.post("/api/chatkit", headers=await signed_in(client), json=body)).text
    assert f"{SITE}/docs/1.0/lamp#colour" in text
    assert f"{SITE}/docs/lamp" not in text


async def test_selected_text_is_searched_with_the_question(scoped: Parts) -> None:
    content = [{"type": "input_text", "text": "What does this set?"}]
    quoted = "The thermostat of the heater"
    message = {
        "input": {"content": content, "attachments": [], "inference_options": {}, "quoted_text": quoted}
    }
    async with running(scoped) as client:
        body = {"type": "threads.create", "params": message}
        text = (await client.post("/api/chatkit", headers=await signed_in(client), json=body)).text
    assert f"{SITE}/docs/heater#colour" in text


async def test_search_without_a_version_is_of_the_default_one(scoped: Parts) -> None:
    async with running(scoped) as client:
        for params, routes in (({}, {"/docs/"}), ({"version": "1.0"}, {"/docs/1.0/"})):
            found = (await client.get("/api/search", params={"q": "lamp", **params})).json()["hits"]
            assert found
            assert {h["url"].removeprefix(SITE).rpartition("/")[0] + "/" for h in found} == routes


def test_what_the_index_does_not_record_limits_nothing() -> None:
    old = replace(INFO, versions=(), locales=())
    assert scope_of(Place(version="1.0", locale="de"), old) == Scope(None, None)
    assert other_language(Scope(None, "de"), old) is None


def passage(route: str, score: float) -> Passage:
    return Passage(route, route, "T", "x.md", None, None, (), "t", 0, "current", "en", score)


def test_the_page_being_read_decides_between_equals_only() -> None:
    found = [passage("/docs/a/x", 1.0), passage("/docs/b/y", 0.99), passage("/docs/b/z", 0.95)]
    for page in ("/docs/b/z", "/docs/b/z/", "https://docs.example.com/docs/b/z?q=1#h"):
        assert [p.route for p in raise_nearby(found, page)] == ["/docs/b/z", "/docs/b/y", "/docs/a/x"]
    better = [passage("/docs/a/x", 1.3), passage("/docs/b/z", 1.0)]
    assert [p.route for p in raise_nearby(better, "/docs/b/z")] == ["/docs/a/x", "/docs/b/z"]
    for page in (None, "", "http://[", "/elsewhere/deep"):
        assert [p.route for p in raise_nearby(found, page)] == [p.route for p in found]
