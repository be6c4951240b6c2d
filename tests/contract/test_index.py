"""The index port: the same behaviour and the same ranking from both engines."""

import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from footnote_core.embedders import Purpose, Vectors
from footnote_core.errors import ConfigurationError, FootnoteError, IndexNotReady
from footnote_core.index import GenerationInfo, Index, open_index
from footnote_core.models import Chunk, Page, Section
from footnote_core.settings import Settings
from tests.support.publishing import begin_draft, entries, publish_pages
from tests.support.qdrant_double import qdrant_double_url, running_qdrant_double

__all__ = ["qdrant_double_url"]

WORDS = "route swizzle sidebar locale version plugin theme build deploy sitemap anchor slug config admonition tab".split()


class HashEmbedder:
    """Deterministic vectors from letters: nearness without a model."""

    id = "test/letters-16"
    dimension = 16
    batch_size = 8

    async def embed(self, texts: list[str], purpose: Purpose) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for letter in text.lower():
                vectors[row, ord(letter) % self.dimension] += 1.0
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    async def aclose(self) -> None: ...


EMBEDDER = HashEmbedder()


def corpus(size: int = 30, locale: str = "en", version: str = "current") -> tuple[list[Page], list[Chunk]]:
    """Pages whose words differ, two sections each."""
    pages = []
    for n in range(size):
        words = [WORDS[(n * k) % len(WORDS)] for k in range(1, 12)]
        sections = (
            Section(None, None, 1, (), f"About {words[0]} and {words[1]}.", 1),
            Section(
                "more",
                "More " + words[2],
                2,
                (),
                f"Set `{words[3]}{n}` to {' '.join(words[4:])}.\n\n```js\n{words[5]}({n})\n```",
                5,
            ),
        )
        pages.append(
            Page(
                f"/docs/page-{n}", f"Page {n}", f"docs/page-{n}.md", sections, locale=locale, version=version
            )
        )
    chunks = [
        Chunk(
            p.route,
            p.title,
            p.source,
            s.anchor,
            s.heading,
            s.path,
            s.text,
            i,
            20,
            s.line,
            p.version,
            p.locale,
        )
        for p in pages
        for i, s in enumerate(p.sections)
    ]
    return pages, chunks


async def publish(index: Index, pages: list[Page], chunks: list[Chunk], fingerprint: str = "one") -> None:
    info = GenerationInfo(
        EMBEDDER.id, EMBEDDER.dimension, fingerprint, len(pages), len(chunks), "2026-01-01T00:00:00Z"
    )
    vectors = await EMBEDDER.embed([c.embedded_text for c in chunks], "document")
    await publish_pages(index, info, pages, chunks, vectors)


async def ask(index: Index, question: str, **options: object) -> list[str]:
    vector = (await EMBEDDER.embed([question], "query"))[0]
    return [p.link for p in await index.search(question, vector, **options)]  # type: ignore[arg-type]


Opener = Callable[[], Index]


@pytest.fixture(params=["embedded", "server"])
async def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opener]:
    """Opens the same index again and again; the engine is the parameter."""
    settings = {"FOOTNOTE_INDEX_PATH": str(tmp_path / "index")}
    if request.param == "server":
        settings |= {
            "QDRANT_URL": request.getfixturevalue("qdrant_double_url"),
            "FOOTNOTE_COLLECTION": f"t{id(tmp_path):x}",
        }
    opened: list[Index] = []

    def opener() -> Index:
        opened.append(open_index(Settings.from_mapping(settings)))
        return opened[-1]

    yield opener
    for index in opened:
        await index.aclose()


async def test_nothing_published_is_not_ready(open_one: Opener) -> None:
    index = open_one()
    assert await index.live() is None
    with pytest.raises(IndexNotReady, match="footnote-ingest"):
        await index.ready(EMBEDDER)
    with pytest.raises(IndexNotReady):
        await index.search("anything", None)


async def test_exact_identifier_comes_first(open_one: Opener) -> None:
    index = open_one()
    await publish(index, *corpus())
    assert "sidebar8" in corpus()[0][8].sections[1].text
    assert (await ask(index, "what is sidebar8 for"))[0] == "/docs/page-8#more"


async def test_words_alone_find_when_there_is_no_vector(open_one: Opener) -> None:
    index = open_one()
    await publish(index, *corpus())
    assert len(await index.search("sitemap", None, limit=5)) == 5
    assert await index.search("qqqq", None) == []


async def test_an_identifier_finds_the_section_that_names_it(open_one: Opener) -> None:
    index = open_one()
    pages, chunks = corpus()
    about = Chunk("/docs/up", "Last updated", "docs/up.md", "x", "Updated at last", (), "Updated.", 0, 2, 1)
    odd = replace(about, anchor="y", heading="Other", text="Here `lastUpdatedAt` is set.", ordinal=1)
    await publish(index, pages, [*chunks, odd, about])
    assert (await ask(index, "what is lastUpdatedAt"))[0] == "/docs/up#y"


async def test_half_typed_and_misspelt_words_find_headings(open_one: Opener) -> None:
    index = open_one()
    pages, chunks = corpus(3)
    odd = Chunk("/docs/odd", "Swizzling", "docs/odd.md", "x", "Ejecting", (), "Text.", 0, 2, 1)
    await publish(index, pages, [*chunks, odd])
    for question, typing in (("swizz", True), ("ejec", True), ("swizlzing", False), ("ejeting", False)):
        found = await index.search(question, None, typing=typing)
        assert [p.link for p in found][:1] == ["/docs/odd#x"], question
    assert await index.search("the ejec", None) != []


async def test_at_most_two_passages_of_a_page_come_before_others(open_one: Opener) -> None:
    index = open_one()
    await publish(index, *corpus())
    links = await ask(index, "page 3", limit=6)
    routes = [link.partition("#")[0] for link in links]
    assert all(routes.count(route) <= 2 for route in routes)


async def test_version_and_locale_limit_the_search(open_one: Opener) -> None:
    index = open_one()
    english, german = corpus(5), corpus(5, locale="de", version="1.0")
    for page in german[0]:
        object.__setattr__(page, "route", "/de" + page.route)
    chunks = list(english[1])
    chunks += [
        Chunk(
            "/de" + c.route,
            c.title,
            c.source,
            c.anchor,
            c.heading,
            c.path,
            c.text,
            c.ordinal,
            c.tokens,
            c.line,
            c.version,
            c.locale,
        )
        for c in german[1]
    ]
    await publish(index, english[0] + german[0], chunks)
    assert all(link.startswith("/de/") for link in await ask(index, "config", locale="de"))
    assert all(not link.startswith("/de/") for link in await ask(index, "config", version="current"))


async def test_section_brings_its_chunks_in_order(open_one: Opener) -> None:
    index = open_one()
    pages, chunks = corpus(3)
    split = Chunk("/docs/page-1", "Page 1", "docs/page-1.md", "more", "More", (), "And the rest.", 2, 4, 9)
    await publish(index, pages, [*chunks, split])
    first = next(p for p in await index.search("page 1 rest", None) if p.link == "/docs/page-1#more")
    assert [p.ordinal for p in await index.section(first)] == [1, 2]


async def test_publication_is_seen_by_other_readers_and_rolled_back(open_one: Opener) -> None:
    writer, reader = open_one(), open_one()
    await publish(writer, *corpus(4), fingerprint="one")
    assert (await reader.ready(EMBEDDER)).fingerprint == "one"
    await writer.aclose()
    second = open_one()
    await publish(second, *corpus(6), fingerprint="two")
    assert (await second.rollback()).fingerprint == "one"
    with pytest.raises(IndexNotReady, match="no earlier generation"):
        await second.rollback()
    fresh = open_one()
    assert (await fresh.ready(EMBEDDER)).pages == 4


async def test_what_is_remembered_of_a_chunk_ends_with_its_generation(open_one: Opener) -> None:
    """A chunk keeps its id when its text is edited."""
    index = open_one()
    pages, chunks = corpus(4)
    for text in ("Press the red button.", "Press the green button."):
        await publish(index, pages, [replace(chunks[0], text=text), *chunks[1:]], fingerprint=text)
        assert text in [p.text for p in await index.search("press the button", None)]


async def test_an_unpublished_draft_is_invisible_and_can_be_discarded(open_one: Opener) -> None:
    index = open_one()
    await publish(index, *corpus(4))
    pages, chunks = corpus(8)
    info = GenerationInfo(EMBEDDER.id, 16, "two", 8, 16, "now")
    draft = await begin_draft(index, info, pages, chunks)
    await draft.add(
        entries(pages, chunks), await EMBEDDER.embed([c.embedded_text for c in chunks], "document")
    )
    assert not [link for link in await ask(index, "page 7") if link.startswith("/docs/page-7")]
    await draft.discard()
    assert (await index.live()).fingerprint == "one"  # type: ignore[union-attr]


async def test_only_the_generation_before_is_kept(open_one: Opener) -> None:
    index = open_one()
    for fingerprint in ("one", "two", "three"):
        await publish(index, *corpus(2), fingerprint=fingerprint)
    assert (await index.rollback()).fingerprint == "two"
    with pytest.raises(IndexNotReady):
        await index.rollback()


async def test_known_texts_bring_their_vectors(open_one: Opener) -> None:
    index = open_one()
    pages, chunks = corpus(5)
    await publish(index, pages, chunks)
    known = await index.known_vectors(EMBEDDER, ["never seen", chunks[3].embedded_text])
    expected = (await EMBEDDER.embed([chunks[3].embedded_text], "document"))[0]
    assert known.keys() == {1}
    np.testing.assert_allclose(known[1], expected, atol=1e-6)


async def test_another_embedder_is_refused_by_name(open_one: Opener) -> None:
    index = open_one()
    await publish(index, *corpus(2))

    class Other(HashEmbedder):
        id = "test/other-16"

    with pytest.raises(IndexNotReady, match=r"test/letters-16.*test/other-16"):
        await index.ready(Other())
    assert await index.known_vectors(Other(), [corpus(2)[1][0].embedded_text]) == {}


async def test_vectors_of_a_wrong_shape_are_refused(open_one: Opener) -> None:
    index = open_one()
    pages, chunks = corpus(1)
    draft = await begin_draft(index, GenerationInfo(EMBEDDER.id, 16, "one", 1, 2, "now"), pages, chunks)
    with pytest.raises(ConfigurationError, match="FOOTNOTE_EMBED_MODEL"):
        await draft.add(entries(pages, chunks), np.zeros((2, 3), dtype=np.float32))
    await draft.discard()


async def test_the_lexicon_knows_what_is_rare(open_one: Opener) -> None:
    index = open_one()
    await publish(index, *corpus())
    lexicon = await index.lexicon()
    assert lexicon.idf("qqqq") > lexicon.idf("sidebar8") > lexicon.idf("page") >= 0


async def test_both_engines_rank_alike(tmp_path: Path, qdrant_double_url: str) -> None:
    embedded = open_index(Settings.from_mapping({"FOOTNOTE_INDEX_PATH": str(tmp_path / "index")}))
    server = open_index(
        Settings.from_mapping({"QDRANT_URL": qdrant_double_url, "FOOTNOTE_COLLECTION": "alike"})
    )
    for index in (embedded, server):
        await publish(index, *corpus(200))
    for question in ("deploy the theme", "sidebar8", "what is a plugin version", "page 12 slug", "config"):
        vector = (await EMBEDDER.embed([question], "query"))[0]
        here, there = [await index.search(question, vector, limit=10) for index in (embedded, server)]
        assert [p.id for p in here] == [p.id for p in there], question
        np.testing.assert_allclose([p.score for p in here], [p.score for p in there], atol=1e-5)
    await embedded.aclose()
    await server.aclose()


async def test_two_writers_of_one_embedded_index_do_not_mix(tmp_path: Path) -> None:
    settings = Settings.from_mapping({"FOOTNOTE_INDEX_PATH": str(tmp_path / "index")})
    first, second = open_index(settings), open_index(settings)
    pages, chunks = corpus(1)
    assert await first.live() is None
    await begin_draft(first, GenerationInfo(EMBEDDER.id, 16, "one", 1, 2, "now"), pages, chunks)
    with pytest.raises(ConfigurationError, match="Another ingest"):
        await begin_draft(second, GenerationInfo(EMBEDDER.id, 16, "two", 1, 2, "now"), pages, chunks)
    await first.aclose()
    await second.aclose()


async def test_an_index_path_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("not a folder")
    index = open_index(Settings.from_mapping({"FOOTNOTE_INDEX_PATH": str(tmp_path / "index")}))
    with pytest.raises(FootnoteError, match="FOOTNOTE_INDEX_PATH"):
        await begin_draft(index, GenerationInfo(EMBEDDER.id, 16, "one", 0, 0, "now"), [], [])


async def test_a_damaged_embedded_index_is_not_ready(tmp_path: Path) -> None:
    settings = Settings.from_mapping({"FOOTNOTE_INDEX_PATH": str(tmp_path / "index")})
    index = open_index(settings)
    await publish(index, *corpus(2))
    await index.aclose()
    for config in (tmp_path / "index").glob("*/edge_config.json"):
        config.write_text("{")
    with pytest.raises(IndexNotReady, match="--full"):
        await open_index(settings).ready(EMBEDDER)


async def test_a_server_that_is_away_is_not_ready() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    index = open_index(Settings.from_mapping({"QDRANT_URL": url}))
    with pytest.raises(IndexNotReady, match="QDRANT_URL"):
        await index.live()
    await index.aclose()


async def test_a_wrong_key_is_named(tmp_path: Path) -> None:
    with running_qdrant_double(tmp_path / "storage", api_key="right") as url:
        index = open_index(Settings.from_mapping({"QDRANT_URL": url, "QDRANT_API_KEY": "wrong"}))
        with pytest.raises(ConfigurationError, match="QDRANT_API_KEY"):
            await index.live()
        await index.aclose()
