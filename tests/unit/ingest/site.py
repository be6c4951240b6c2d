"""Small sites on disk, and an embedder whose work can be counted."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from footnote_core.embedders import Purpose, Vectors


def write_site(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write `files` (path -> content) below `root`."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


class CountingEmbedder:
    """Deterministic unit vectors from the characters of a text; remembers what it was asked."""

    def __init__(self, id: str = "test/letters-16", fail_after: int | None = None) -> None:
        self.id = id
        self.dimension = 16
        self.batch_size = 4
        self.seen: list[str] = []
        self._fail_after = fail_after

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Vectors:
        if self._fail_after is not None and len(self.seen) >= self._fail_after:
            raise RuntimeError("the vendor is down")
        self.seen += texts
        counts = np.array(
            [[1 + sum(map(ord, t[i::16])) % 97 for i in range(16)] for t in texts], dtype=np.float32
        )
        vectors: Vectors = counts / np.linalg.norm(counts, axis=1, keepdims=True)
        return vectors

    async def aclose(self) -> None:
        """Nothing is open."""
