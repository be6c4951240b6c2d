"""What nearness is usual in a corpus."""

from pathlib import Path

import numpy as np

from footnote_core.index import GenerationInfo, open_index
from footnote_core.index.calibration import Nearness
from footnote_core.models import Chunk, Page
from footnote_core.settings import Settings
from tests.support.publishing import publish_pages


async def published(folder: Path, chunks: int, pull: float) -> Nearness:
    """The nearness recorded of chunks that lie about one direction, more closely the harder the pull."""
    numbers = np.random.default_rng(7).normal(size=(chunks, 16)).astype(np.float32)
    numbers[:, 0] += pull
    vectors = numbers / np.linalg.norm(numbers, axis=1, keepdims=True)
    made = [Chunk(f"/{n // 2}", "T", "x.md", None, None, (), f"text {n}", n, 2, 1) for n in range(chunks)]
    pages = [Page(f"/{n}", "T", "x.md", ()) for n in range((chunks + 1) // 2)]
    index = open_index(Settings.from_mapping({"FOOTNOTE_INDEX_PATH": str(folder)}))
    info = GenerationInfo("e", 16, "f", len(pages), chunks, "now")
    await publish_pages(index, info, pages, made, vectors)
    info = await index.live()
    await index.aclose()
    assert info is not None
    return info.nearness


async def test_narrow_docs_lie_closer_together(tmp_path: Path) -> None:
    wide, narrow = await published(tmp_path / "a", 200, 0.0), await published(tmp_path / "b", 200, 6.0)
    assert narrow.mean > wide.mean + 0.1
    assert 0 < wide.spread < 0.3


async def test_a_handful_of_chunks_says_nothing(tmp_path: Path) -> None:
    assert await published(tmp_path, 4, 0.0) == Nearness()


def test_a_cosine_is_measured_in_deviations() -> None:
    assert round(Nearness(0.5, 0.1).of(0.7), 6) == 2.0
