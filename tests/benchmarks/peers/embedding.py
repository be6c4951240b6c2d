"""The embedder of all pipelines: wordllama with 256 dimensions, vectors of length 1."""

from importlib.resources import as_file, files

import numpy as np
from wordllama import WordLlama

DIMENSION = 256

with as_file(files("wordllama")) as _package:
    _model = WordLlama.load(cache_dir=_package, dim=DIMENSION, disable_download=True)


def embed(texts: list[str]) -> list[list[float]]:
    """One vector a text; a text without known tokens gives a zero vector."""
    if not texts:
        return []
    vectors = np.asarray(_model.embed(texts, norm=False), dtype=np.float32)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    np.divide(vectors, norms, out=vectors, where=norms > 0)
    return vectors.tolist()
