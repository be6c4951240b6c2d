"""What a process remembers of a generation."""

from collections.abc import Sequence

from footnote_core.index.engine import Found
from footnote_core.index.memory import Memory


class Engine:
    """Has the points 0 to 9; notes what is read, and of which fields."""

    def __init__(self) -> None:
        self.read: list[tuple[list[int], Sequence[str] | None]] = []

    async def retrieve(
        self, generation: str, ids: Sequence[int], fields: Sequence[str] | None = None
    ) -> list[Found]:
        self.read.append((list(ids), fields))
        return [Found(id_, {"route": f"/{id_}", "anchor": "a"}) for id_ in reversed(ids) if id_ < 10]


async def test_each_chunk_is_read_once() -> None:
    memory = Memory(engine := Engine(), "g")  # type: ignore[arg-type]
    assert sorted(await memory.chunks([1, 2])) == [1, 2]
    assert sorted(await memory.chunks([2, 3, 99])) == [2, 3]
    assert sorted(await memory.chunks([1, 3])) == [1, 3]
    assert engine.read == [([1, 2], None), ([3, 99], None)]


async def test_it_begins_anew_when_it_is_full() -> None:
    memory = Memory(Engine(), "g", 4)  # type: ignore[arg-type]
    for ids in ([1, 2, 3], [3, 4, 5], [0, 1, 2, 3, 4, 5]):
        assert sorted(await memory.chunks(ids)) == ids


async def test_each_place_is_read_once() -> None:
    memory = Memory(engine := Engine(), "g")  # type: ignore[arg-type]
    assert dict(await memory.places({1, 2})) == {1: ("/1", "a"), 2: ("/2", "a")}
    assert (await memory.places([2, 3]))[3] == ("/3", "a")
    assert engine.read == [([1, 2], ("route", "anchor")), ([3], ("route", "anchor"))]
