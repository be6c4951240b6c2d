"""The write side of the index: a generation that is being built beside the live one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest

import numpy as np

from footnote_core import log
from footnote_core.embedders import Vectors
from footnote_core.errors import ConfigurationError, IndexNotReady
from footnote_core.index.calibration import PROBES, measure
from footnote_core.index.engine import Engine
from footnote_core.index.points import Description, PageRecord, chunk_point, page_point, text_hash
from footnote_core.index.terms import Bags, chunk_bags, document_weights, page_bags
from footnote_core.models import Chunk, Page


@dataclass(frozen=True, slots=True)
class IndexedPage:
    """A page with all its chunks, and the term counts of each as `page_bags` and `chunk_bags` give them."""

    page: Page
    chunks: Sequence[Chunk]
    record: PageRecord
    page_bags: Bags
    chunk_bags: Sequence[Bags]

    @classmethod
    def of(cls, page: Page, chunks: Sequence[Chunk]) -> "IndexedPage":
        bags = [chunk_bags(chunk) for chunk in chunks]
        return cls(page, chunks, PageRecord.of(page, chunks), page_bags(page, bags), bags)


class Draft:
    """Ends with `publish` or `discard`, or is left for the next run, which reuses its vectors.

    The description of an unfinished generation has no lexicon: so nobody takes it for a whole one.
    """

    def __init__(
        self, engine: Engine, generation: str, description: Description, sources: Sequence[str]
    ) -> None:
        self._engine = engine
        self._generation = generation
        self._description = description
        self._sources = sources
        self._probes: list[Chunk] = []

    async def begin(self) -> None:
        """Say what this generation is going to be, so that another run can use what is in it."""
        await self._engine.add(self._generation, [replace(self._description, lexicon=None).point()])

    async def known_vectors(self, texts: Sequence[str]) -> dict[int, Vectors]:
        """Vectors that are stored already for the same text and embedder, by position in `texts`.

        They may stand in the live generation, in earlier ones, and in what a run left that did not come to
        its end.
        """
        return await stored_vectors(self._engine, self._sources, texts)

    async def add(self, pages: Sequence[IndexedPage], vectors: Vectors) -> None:
        """Add pages; `vectors` are the embeddings of all their chunks in order, shape (chunks, dimension)."""
        dimension = self._description.info.dimension
        expected = (sum(len(page.chunks) for page in pages), dimension)
        if vectors.shape != expected:
            raise ConfigurationError(
                f"The embedder gave vectors of shape {vectors.shape}, not {expected}. Check FOOTNOTE_EMBED_MODEL."
            )
        points = []
        ends = np.cumsum([len(page.chunks) for page in pages])
        for entry, own in zip(pages, np.split(vectors, ends[:-1]), strict=True):
            weights = document_weights(entry.page_bags, self._description.page_lengths)
            points.append(page_point(entry.record, weights, own))
            for chunk, bags, vector in zip(entry.chunks, entry.chunk_bags, own, strict=True):
                weights = document_weights(bags, self._description.chunk_lengths)
                points.append(chunk_point(chunk, vector, weights))
        await self._engine.add(self._generation, points)
        # Ids are hashes: the chunks with the smallest ones are a random sample.
        info = self._description.info
        usual = (info.versions[0], info.locales[0])
        sample = (c for page in pages for c in page.chunks if (c.version, c.locale) == usual)
        self._probes = nsmallest(PROBES, [*self._probes, *sample], key=lambda c: c.id)

    async def checkpoint(self) -> None:
        """What was added until now can be reused by another run, however this one ends."""
        await self._engine.checkpoint(self._generation)

    async def publish(self) -> None:
        """Make the generation whole and live in one step, then drop old ones.

        The generation that was live before stays, for `Index.rollback`. Raises IndexNotReady when another
        run began later and has published already.
        """
        await self._engine.seal(self._generation)
        await self._engine.add(self._generation, [(await self._measured()).point()])
        await self._engine.checkpoint(self._generation)
        before = await self._engine.live()
        if before is not None and before > self._generation:
            await self.discard()
            raise IndexNotReady("Another ingest began later and has published already: its index stays live.")
        await self._engine.publish(self._generation)
        for old in await self._engine.generations():
            if old < self._generation and old not in (before, await self._engine.live()):
                await drop_or_keep(self._engine, old)

    async def _measured(self) -> Description:
        """The description with the nearness of the texts; a revision keeps that of the generation it revises."""
        info = self._description.info
        if info.revised:
            return self._description
        nearness = await measure(self._engine, self._generation, self._probes)
        return replace(self._description, info=replace(info, nearness=nearness))

    async def discard(self) -> None:
        """Throw the draft away; the live generation is untouched."""
        await drop_or_keep(self._engine, self._generation)


async def stored_vectors(
    engine: Engine, generations: Sequence[str], texts: Sequence[str]
) -> dict[int, Vectors]:
    """Position in `texts` -> vector of the same text in the first generation that has one."""
    wanted: dict[str, list[int]] = {}
    for position, text in enumerate(texts):
        wanted.setdefault(text_hash(text), []).append(position)
    known: dict[int, Vectors] = {}
    for generation in generations:
        if not wanted:
            break
        # Two steps, because a text may stand in many places and its vector is needed once.
        where = {"kind": "chunk", "hash": list(wanted)}
        places = {f.payload["hash"]: f.id for f in await engine.select(generation, where, ("hash",))}
        hashes = {point: text for text, point in places.items()}
        for found in await engine.retrieve(generation, list(hashes), (), vectors=True) if hashes else ():
            vector = np.asarray(found.dense, dtype=np.float32)
            known |= dict.fromkeys(wanted.pop(hashes[found.id]), vector)
    return known


async def drop_or_keep(engine: Engine, generation: str) -> None:
    """Delete a generation that nobody needs; where that fails it costs space until the next run."""
    try:
        await engine.drop(generation)
    except (IndexNotReady, ConfigurationError) as error:
        log.warning("old_generation_kept", generation=generation, message=error.message)
