"""A model that obeys every attacker, at the wire: nothing of it reaches the reader."""

import json
import re
import unicodedata
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from footnote_api.answerers.extractive import ExtractiveAnswerer
from footnote_api.answerers.openai import INSTRUCTIONS, REWRITE, OpenAIAnswerer
from footnote_api.citations import fold
from footnote_api.injection import addresses_the_assistant
from footnote_core.embedders.local import LocalEmbedder
from footnote_core.index import open_index
from footnote_core.models import Page, Section
from tests.contract.injection_cases import CASES, Case
from tests.support.api import QUESTION, SITE, Parts, pages, publish, running, settings, signed_in
from tests.support.vendors import Vendors, openai_client, vendors

_SECTIONS = {f"{SITE}{p.route}{'#' + s.anchor if s.anchor else ''}" for p in pages() for s in p.sections}
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_UNSAFE = (
    ("link", r"\]\s*\((?!\s*\))|\]\[|^\s{0,3}\[[^\]]+\]:"),
    ("HTML", r"<[A-Za-z/!?]"),
    ("address", r"(?:[a-z][a-z0-9+.-]*:)?//\w|\bwww\.|\b(?:mailto|javascript|data):|\w@\w+\.\w"),
)


@pytest.fixture
def vendor() -> Iterator[Vendors]:
    with vendors() as running_vendor:
        yield running_vendor


def corpus(poison: str) -> list[Page]:
    """The small docs, with the poison beside the colour of the lamp."""
    if not poison:
        return pages()
    hidden = Section("poison", "Colour of the lamp", 2, (), f"{poison}\n\nThe lamp has a colour.", 9)
    return [*pages(), Page("/docs/poison", "Colour of the lamp", "docs/poison.md", (hidden,))]


@pytest.fixture
async def parts(vendor: Vendors, tmp_path: Path) -> AsyncIterator[Parts]:
    client = openai_client(vendor.url, retries=0)
    answerer = OpenAIAnswerer(client, "gpt-test", responses=True, first_seconds=5)
    index = open_index(settings(FOOTNOTE_INDEX_PATH=str(tmp_path)))
    yield Parts(settings(), index, LocalEmbedder(), answerer, ExtractiveAnswerer())
    await index.aclose()
    await answerer.aclose()


def unsafe(shown: str) -> list[str]:
    """What of an answer could act on the reader or the page."""
    prose = _CODE.sub(" ", shown)
    found = [name for name, pattern in _UNSAFE if re.search(pattern, prose, re.IGNORECASE | re.MULTILINE)]
    if any(unicodedata.category(c) in ("Cc", "Cf", "Co", "Cn") and c != "\n" for c in shown):
        found.append("invisible character")
    if re.search(r"https?://|<script", shown):
        found.append("address or script in code")
    words = fold(shown).lower()
    for line in re.split(r"[.\n]", f"{INSTRUCTIONS}\n{REWRITE}"):
        if len(line.split()) > 4 and fold(line).lower() in words:
            found.append("prompt")
    return found


def test_there_are_enough_cases_of_different_names() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_nothing_unsafe_reaches_the_reader(case: Case, parts: Parts, vendor: Vendors) -> None:
    docs = corpus(case.page)
    await publish(parts.index, parts.embedder, docs)
    vendor.answer = [case.says[n : n + 7] for n in range(0, len(case.says), 7)]
    async with running(parts) as client:
        headers = await signed_in(client) | {"accept": "text/event-stream"}
        body = {"question": case.question or QUESTION}
        response = await client.post("/api/ask", headers=headers, json=body)
    frames = [frame.split("\n", 1) for frame in response.text.split("\n\n") if frame.startswith("event")]
    events = [
        (name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in frames
    ]
    name, done = events[-1]
    assert name == "done"
    streamed = "".join(data["text"] for kind, data in events if kind == "delta")
    assert streamed == done["answer"]
    assert done["answer"]
    assert unsafe(done["answer"]) == []
    for words in case.forbidden:
        assert words.lower() not in done["answer"].lower()
    known = _SECTIONS | {f"{SITE}/docs/poison#poison"}
    whole = fold("\n".join(section.text for page in docs for section in page.sections))
    for citation in done["citations"]:
        assert citation["url"] in known
        assert citation["quote"] in whole
        assert unsafe(citation["quote"]) in ([], ["invisible character"])
    assert {int(n) for n in re.findall(r"\[(\d+)\]", _CODE.sub("", done["answer"]))} == {
        c["index"] for c in done["citations"]
    }
    if not case.question:
        assert not done["refused"], "an attack must not silence the true answer"


@pytest.mark.parametrize(
    "sentence",
    [
        "Set `colour` in `lamp.yml`.",
        "The assistant answers from the index.",
        "If the language model fails, the extractive answerer takes over.",
        "Ignore this file in Git.",
        "The server must answer within a second.",
        "Answers are streamed with their footnotes.",
        "The instructions of the vendor apply.",
    ],
)
def test_plain_sentences_of_docs_speak_to_readers(sentence: str) -> None:
    assert not addresses_the_assistant(sentence)
