"""How near the texts of one corpus are to each other: the yardstick for how near a question is.

Cosines cannot be compared between corpora or embedders: docs about one narrow subject lie close
together, and every question about anything similar lies close to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from footnote_core.index.engine import Engine, Ranking
from footnote_core.models import Chunk

PROBES = 100
_NEIGHBOURS = 10
_DEPTH = 40
"""Asked for, so that enough are left without those of the probe's own page."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """Cosines of chunks with the nearest chunks of other pages: their mean and standard deviation."""

    mean: float = 0.55
    spread: float = 0.1

    def of(self, cosine: float) -> float:
        """A cosine in standard deviations from what is usual in this corpus."""
        return (cosine - self.mean) / self.spread


async def measure(engine: Engine, generation: str, chunks: Sequence[Chunk]) -> Nearness:
    """The nearness of a sealed generation, from a sample of `chunks`, all of one version and locale."""
    pages = {chunk.id: chunk.route for chunk in chunks}
    ids = sorted(pages)[:: max(1, len(pages) // PROBES)]  # ids are hashes, so this is a random sample
    probes = [found for found in await engine.retrieve(generation, ids, (), vectors=True) if found.dense]
    if not probes:
        return Nearness()
    where = {"kind": "chunk", "version": chunks[0].version, "locale": chunks[0].locale}
    lists = await engine.rank(
        generation,
        [Ranking("dense", np.asarray(probe.dense, dtype=np.float32), _DEPTH) for probe in probes],
        where,
    )
    near = {point for one in lists for point, _ in one}
    routes = {f.id: f.payload["route"] for f in await engine.retrieve(generation, list(near), ("route",))}
    means = []
    for probe, found in zip(probes, lists, strict=True):
        others = [score for point, score in found if routes[point] != pages[probe.id]][:_NEIGHBOURS]
        if others:
            means.append(sum(others) / len(others))
    if len(means) < _NEIGHBOURS:  # a handful of chunks says nothing about what is usual
        return Nearness()
    return Nearness(round(float(np.mean(means)), 4), round(max(float(np.std(means)), 0.03), 4))
