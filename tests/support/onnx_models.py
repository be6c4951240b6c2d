"""Small models of onnx that stand where fastembed keeps the ones that it downloads."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

EMBEDDING = ("qdrant/bge-small-en-v1.5-onnx-q", "model_optimized.onnx")
RERANKING = ("Xenova/ms-marco-MiniLM-L-6-v2", "onnx/model.onnx")
"""Repository and file of the default models."""

_REVISION = "0" * 40


def embedding_model(folder: Path, meanings: Mapping[str, int], dimension: int = 384) -> None:
    """A model that adds up what its words mean: words of the same number mean the same, others nothing."""
    table = np.full((len(meanings) + 2, dimension), 0.001, dtype=np.float32)
    for row, meaning in enumerate(meanings.values(), start=2):
        table[row, meaning] = 1.0
    _write(folder, EMBEDDING, list(meanings), table, "last_hidden_state", keep=1)


def reranking_model(folder: Path, weights: Mapping[str, float]) -> None:
    """A model that likes words as much as `weights` says."""
    table = np.zeros((len(weights) + 2, 1), dtype=np.float32)
    table[2:, 0] = list(weights.values())
    _write(folder, RERANKING, list(weights), table, "logits", keep=0)


def _write(
    folder: Path, model: tuple[str, str], words: list[str], table: NDArray[np.float32], output: str, keep: int
) -> None:
    """Write a model that sums the rows of `table` for the words of a text, as Hugging Face's cache has it."""
    repository, file = model
    cache = folder / f"models--{repository.replace('/', '--')}"
    snapshot = cache / "snapshots" / _REVISION
    (snapshot / file).parent.mkdir(parents=True)
    (cache / "refs").mkdir()
    (cache / "refs/main").write_text(_REVISION)
    onnx.save(_sum_of_rows(table, output, keep), snapshot / file)
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", *words])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(snapshot / "tokenizer.json"))
    (snapshot / "config.json").write_text(json.dumps({"pad_token_id": 0}))
    (snapshot / "tokenizer_config.json").write_text(
        json.dumps({"model_max_length": 512, "pad_token": "[PAD]"})
    )
    (snapshot / "special_tokens_map.json").write_text("{}")


def _sum_of_rows(table: NDArray[np.float32], output: str, keep: int) -> onnx.ModelProto:
    """Shape (texts, 1, columns), or (texts, columns) where `keep` is 0; padding counts nothing."""
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    shape = ["texts", 1, table.shape[1]] if keep else ["texts", table.shape[1]]
    constants = {
        "table": table,
        "last": np.array([-1], dtype=np.int64),
        "tokens": np.array([1], dtype=np.int64),
    }
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("Cast", ["attention_mask"], ["counted"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["counted", "last"], ["mask"]),
        helper.make_node("Mul", ["rows", "mask"], ["masked"]),
        helper.make_node("ReduceSum", ["masked", "tokens"], [output], keepdims=keep),
    ]
    graph = helper.make_graph(
        nodes,
        "sum-of-rows",
        inputs,
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
