"""Searches that were made before."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from footnote_api import searches
from footnote_api.databases import open_database
from footnote_api.metrics import Metrics
from footnote_api.searches import Searches
from footnote_core.embedders import Purpose, Vectors
from footnote_core.embedders.local import LocalEmbedder
from footnote_core.errors import UpstreamError
from footnote_core.index import Index
from tests.support.api import Parts, pages, publish, settings, small_index


class Counted(LocalEmbedder):
    """Counts what it embeds; fails where it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.queries: list[str] = []
        self.failing = False

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Vectors:
        if self.failing:
            raise UpstreamError("The vendor is away.", {"kind": "server"})
        self.queries += texts
        return await super().embed(texts, purpose)


async def made(index: Index, embedder: LocalEmbedder) -> Searches:
    database = await open_database("sqlite:///:memory:")
    return Parts(settings(), index, embedder).services(Metrics(), database).searches


async def test_the_same_search_is_made_once(index: Index) -> None:
    embedder = Counted()
    remembered = await made(index, embedder)
    first = await remembered.hits("lamp", 10, None, None)
    assert await remembered.hits("lamp", 10, None, None) == first
    assert embedder.queries == ["lamp"]
    fewer = json.loads(await remembered.hits("lamp", 1, None, None))
    assert fewer == json.loads(first)[:1]
    assert await remembered.hits("lamp", 10, "1.0", None) == b"[]"


async def test_a_new_index_is_searched_anew(tmp_path: Path) -> None:
    index, _ = await small_index(tmp_path / "index")
    embedder = Counted()
    remembered = await made(index, embedder)
    await remembered.hits("lamp", 10, None, None)
    await publish(index, embedder, pages()[:1])
    embedder.queries.clear()
    await remembered.hits("lamp", 10, None, None)
    assert embedder.queries == ["lamp"]
    await index.aclose()


async def test_what_was_found_while_a_vendor_failed_is_forgotten(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searches, "_SECONDS", 0.0)
    embedder = Counted()
    embedder.failing = True
    remembered = await made(index, embedder)
    await remembered.hits("lamp", 10, None, None)
    embedder.failing = False
    await remembered.hits("lamp", 10, None, None)
    assert embedder.queries == ["lamp"]
