"""The embedder that needs no key and no network: static token embeddings from the wordllama wheel."""

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from footnote_core.embedders import Purpose, Vectors

_DIMENSION = 256


class LocalEmbedder:
    """Averages 256-dimensional token vectors (l2_supercat); about 0.2 ms a query on one core.

    The weights (16 MB) lie in the installed package, so nothing is ever downloaded. They are read and
    averaged here: the package's own code costs 0.1 s to import and pads every text to the longest of its
    batch, which takes three times as long.
    """

    id = f"local/wordllama-l2-supercat-{_DIMENSION}"
    dimension = _DIMENSION
    batch_size = 256

    def __init__(self) -> None:
        weights = load_file(_package() / "weights" / f"l2_supercat_{_DIMENSION}.safetensors")
        self._tokenizer = load_tokenizer()
        self._table = weights["embedding.weight"]  # half floats, summed as float32

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Vectors:
        """Embed `texts`; documents and queries are treated alike. An empty text gives a zero vector."""
        encoded = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        vectors: Vectors = np.zeros((len(texts), _DIMENSION), dtype=np.float32)
        for vector, tokens in zip(vectors, encoded, strict=True):
            if tokens.ids:
                np.sum(self._table.take(tokens.ids, axis=0), axis=0, dtype=np.float32, out=vector)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, norms, out=vectors, where=norms > 0)
        return vectors

    async def aclose(self) -> None:
        """Nothing to close."""


@lru_cache(maxsize=1)
def load_tokenizer() -> Tokenizer:
    """The model's tokenizer (Llama 2's), without padding and truncation; chunks are measured with it too."""
    tokenizer = Tokenizer.from_file(str(_package() / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _package() -> Path:
    """Where wordllama is installed; it is not imported, only its files are read."""
    package = find_spec("wordllama")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("wordllama is not installed")
    return Path(package.submodule_search_locations[0])
