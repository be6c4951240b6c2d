"""A small published index, made once, and an application over it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from footnote_core.embedders.local import LocalEmbedder
from footnote_core.index import Index, open_index
from tests.support.api import Parts, running, settings, small_index


@pytest.fixture(scope="session")
def index_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index") / "small"

    async def build() -> None:
        index, _ = await small_index(folder)
        await index.aclose()

    asyncio.run(build())
    return folder


@pytest.fixture(scope="session")
def embedder() -> LocalEmbedder:
    return LocalEmbedder()


@pytest.fixture
async def index(index_folder: Path) -> AsyncIterator[Index]:
    index = open_index(settings(FOOTNOTE_INDEX_PATH=str(index_folder)))
    yield index
    await index.aclose()


@pytest.fixture
def parts(index: Index, embedder: LocalEmbedder) -> Parts:
    return Parts(settings(), index, embedder)


@pytest.fixture
async def client(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    async with running(parts) as client:
        yield client
