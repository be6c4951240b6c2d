"""Models that fastembed runs on this machine: real onnxruntime, small models in the place of downloaded ones."""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from fastembed import TextEmbedding
from fastembed.rerank.cross_encoder import TextCrossEncoder

from footnote_api.answerers.extractive import ExtractiveAnswerer
from footnote_api.rerankers import build_reranker
from footnote_core.embedders import build_embedder
from footnote_core.errors import ConfigurationError
from footnote_core.index import open_index
from footnote_core.models import Passage
from tests.support.api import Parts, publish, running, settings, signed_in
from tests.support.onnx_models import embedding_model, reranking_model

METHODS = {"embedder": "query_embed", "reranker": "rerank"}
MEANINGS = {"lamp": 0, "lantern": 0, "heater": 1, "radiator": 1, "colour": 2, "hue": 2, "timer": 3}


@pytest.fixture
def models(tmp_path: Path) -> dict[str, str]:
    """Settings of a folder with both models; no download is tried."""
    embedding_model(tmp_path, MEANINGS)
    reranking_model(tmp_path, {"colour": 3.0, "lamp": 1.0, "heater": -2.0})
    return {
        "FOOTNOTE_EMBEDDER": "fastembed",
        "FOOTNOTE_RERANKER": "fastembed",
        "FOOTNOTE_MODELS_PATH": str(tmp_path),
    }


async def test_texts_become_unit_vectors(models: dict[str, str]) -> None:
    embedder = build_embedder(settings(**models))
    assert embedder.id == "fastembed/BAAI/bge-small-en-v1.5-384"
    documents = await embedder.embed(["The lamp has a timer", "heater", "colour colour"], "document")
    assert documents.shape == (3, 384)
    assert documents.dtype == np.float32
    assert np.allclose(np.linalg.norm(documents, axis=1), 1, atol=1e-5)
    questions = await embedder.embed(["radiator"], "query")
    assert np.argmax(documents @ questions[0]) == 1
    many = await embedder.embed(["lamp"] * 300, "document")
    assert np.allclose(many, (await embedder.embed(["lamp"], "document"))[0])
    await embedder.aclose()


async def test_passages_are_reordered(models: dict[str, str]) -> None:
    reranker = build_reranker(settings(**models))
    assert reranker is not None
    assert reranker.name == "fastembed/Xenova/ms-marco-MiniLM-L-6-v2"
    passages = [
        Passage("1", "/h", "Heater", "h.md", None, None, (), "Never cover it.", 0, "current", "en", 0.9),
        Passage("2", "/l", "Lamp", "l.md", "c", "Colour", (), "Set it.", 0, "current", "en", 0.1),
    ]
    ranked = await reranker.rerank("anything", passages)
    assert [p.id for p in ranked] == ["2", "1"]
    assert 0 <= ranked[1].score < 0.5 < ranked[0].score <= 1
    await reranker.aclose()


async def test_a_question_is_answered_with_both(models: dict[str, str], tmp_path: Path) -> None:
    made = settings(**models, FOOTNOTE_INDEX_PATH=str(tmp_path / "index"))
    index, embedder = open_index(made), build_embedder(made)
    await publish(index, embedder)
    parts = Parts(made, index, embedder, ExtractiveAnswerer(), reranker=build_reranker(made))
    async with running(parts) as client:
        asked = {"question": "How do I change the hue of the lantern?"}
        answer = (await client.post("/api/ask", json=asked, headers=await signed_in(client))).json()
        ready = (await client.get("/readyz")).json()
    assert answer["citations"][0]["url"].endswith("/docs/lamp#colour")
    assert ready["vendors"]["embed"]["name"] == embedder.id


@pytest.mark.parametrize("setting", ["FOOTNOTE_EMBED_MODEL", "FOOTNOTE_RERANK_MODEL"])
def test_a_model_that_there_is_not_is_named(models: dict[str, str], setting: str) -> None:
    made = settings(**models, **{setting: "none/such"})
    with pytest.raises(
        ConfigurationError, match=rf"^{setting}: fastembed has no model none/such\. It has .*/"
    ):
        build_embedder(made)
        build_reranker(made)


@pytest.mark.parametrize(("setting", "build"), [("EMBEDDER", build_embedder), ("RERANKER", build_reranker)])
def test_without_the_extra_it_is_said_how_to_get_it(
    models: dict[str, str], setting: str, build: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "fastembed"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fastembed", None)
    with pytest.raises(ConfigurationError, match=f"FOOTNOTE_{setting}=fastembed .* --extra fastembed"):
        build(settings(**models))


def test_a_model_that_cannot_be_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("socket.getaddrinfo", no_network)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    made = settings(FOOTNOTE_EMBEDDER="fastembed", FOOTNOTE_MODELS_PATH=str(tmp_path))
    with pytest.raises(
        ConfigurationError, match=r"bge-small-en-v1\.5 can neither be .* FOOTNOTE_MODELS_PATH"
    ):
        build_embedder(made)


def test_a_damaged_model_is_named(models: dict[str, str], tmp_path: Path) -> None:
    for model in tmp_path.rglob("*.onnx"):
        model.write_bytes(b"no model")
    with pytest.raises(ConfigurationError, match=r"bge-small-en-v1\.5 can neither be read in .* nor"):
        build_embedder(settings(**models))


@pytest.mark.parametrize("broken", ["embedder", "reranker"])
async def test_a_model_that_fails_leaves_an_answer(
    broken: str, models: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By words alone, or in the order of the search."""
    made = settings(**models, FOOTNOTE_INDEX_PATH=str(tmp_path / "index"))
    index, embedder, reranker = open_index(made), build_embedder(made), build_reranker(made)
    await publish(index, embedder)

    def fail(*_: object) -> None:
        raise onnxruntime.capi.onnxruntime_pybind11_state.Fail("out of memory")

    monkeypatch.setattr(TextEmbedding if broken == "embedder" else TextCrossEncoder, METHODS[broken], fail)
    parts = Parts(made, index, embedder, ExtractiveAnswerer(), reranker=reranker)
    async with running(parts) as client:
        asked = {"question": "How do I change the colour of the lamp?"}
        response = await client.post("/api/ask", json=asked, headers=await signed_in(client))
    assert response.json()["citations"][0]["url"].endswith("/docs/lamp#colour")
