"""What one process remembers of the generation that it searches: without it, reading what was ranked
costs more than the ranking, and on a server a round trip more.
"""

from collections.abc import Collection, Mapping

from footnote_core.index.engine import Engine, Found
from footnote_core.index.fusion import Place

_CHUNKS = 4_096
"""Some 10 MB where a chunk has 128 tokens. Searches find the same few again and again; for more it begins anew."""


class Memory:
    """Points of one generation, read from the engine once; another generation is another memory."""

    def __init__(self, engine: Engine, generation: str, most_chunks: int = _CHUNKS) -> None:
        self.generation = generation
        self._most_chunks = most_chunks
        self._engine = engine
        self._places: dict[int, Place] = {}
        self._chunks: dict[int, Found] = {}

    async def places(self, ids: Collection[int]) -> Mapping[int, Place]:
        """Where these points, and maybe others, stand in the docs; some 200 bytes each, and all are kept."""
        if new := [id_ for id_ in ids if id_ not in self._places]:
            for found in await self._engine.retrieve(self.generation, new, ("route", "anchor")):
                self._places[found.id] = found.payload["route"], found.payload.get("anchor", "")
        return self._places

    async def chunks(self, ids: Collection[int]) -> Mapping[int, Found]:
        """The chunks with these ids; unknown ids are left out."""
        found = {id_: self._chunks[id_] for id_ in ids if id_ in self._chunks}
        if new := [id_ for id_ in ids if id_ not in found]:
            read = {chunk.id: chunk for chunk in await self._engine.retrieve(self.generation, new)}
            if len(self._chunks) + len(read) > self._most_chunks:
                self._chunks.clear()
            self._chunks |= read
            found |= read
        return found
