"""The embedder without a key: real weights from the installed wheel."""

from pathlib import Path

import numpy as np
import wordllama

from footnote_core.embedders import build_embedder
from footnote_core.settings import Settings


async def test_vectors_have_length_one_and_meaning() -> None:
    embedder = build_embedder(Settings.from_mapping({}))
    texts = ["Change the colour theme", "Switch to dark mode", "Delete a database row"]
    vectors = await embedder.embed(texts, "document")
    assert vectors.shape == (3, embedder.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


async def test_one_text_gives_the_same_vector_alone_and_in_a_batch() -> None:
    embedder = build_embedder(Settings.from_mapping({}))
    alone = await embedder.embed(["short"], "query")
    batch = await embedder.embed(["short", "a very much longer text " * 40], "query")
    np.testing.assert_allclose(alone[0], batch[0], atol=1e-5)


async def test_nothing_and_emptiness_are_no_fault() -> None:
    embedder = build_embedder(Settings.from_mapping({}))
    assert (await embedder.embed([], "document")).shape == (0, embedder.dimension)
    assert not np.isnan(await embedder.embed([""], "document")).any()


async def test_vectors_are_those_of_the_package_itself() -> None:
    package = Path(wordllama.__file__).parent
    texts = ["Change the colour theme", "検索 текст", "word " * 700, "a"]
    model = wordllama.WordLlama.load(cache_dir=package, dim=256, disable_download=True)
    theirs = model.embed(texts, norm=True)
    ours = await build_embedder(Settings.from_mapping({})).embed(texts, "document")
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
