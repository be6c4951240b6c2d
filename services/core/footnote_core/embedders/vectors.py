"""Checks on what an embedding vendor answers (pure)."""

from collections.abc import Sequence

import numpy as np

from footnote_core.embedders import Vectors
from footnote_core.errors import UpstreamError


def unit_vectors(rows: Sequence[Sequence[float]], count: int, dimension: int, who: str) -> Vectors:
    """`rows` as float32 of length 1, or UpstreamError that names what is wrong with them."""
    if len(rows) != count:
        raise UpstreamError(f"{who} answered {len(rows)} vectors for {count} texts.")
    for row in rows:
        if len(row) != dimension:
            raise UpstreamError(f"{who} answered vectors of {len(row)} numbers instead of {dimension}.")
    vectors = np.asarray(rows, dtype=np.float32).reshape(count, dimension)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(norms).all() or (norms == 0).any():
        raise UpstreamError(f"{who} answered a vector without a direction.")
    unit: Vectors = vectors / norms
    return unit
