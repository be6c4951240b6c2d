"""What an engine must do for the index: the port behind which Qdrant's two forms stand.

One *generation* of the index is one Qdrant collection with four named vectors:
`dense` (cosine) and `bm25` (sparse, IDF) on chunk points, `page_dense` and `page` likewise on page
points, and one point without vectors that describes the generation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from numpy.typing import NDArray

from footnote_core.errors import IndexNotReady
from footnote_core.index.terms import Weights

DENSE = ("dense", "page_dense")
SPARSE = ("bm25", "page")
KEYWORDS = ("kind", "route", "anchor", "version", "locale", "hash")
"""Payload fields that searches and look-ups filter by; the server wants an index on each."""


class GenerationGone(IndexNotReady):
    """The generation was dropped meanwhile: a newer one is live."""


@dataclass(frozen=True, slots=True)
class Point:
    """id: as `point_id` gives it. dense, sparse: by vector name; dense ones have length 1."""

    id: int
    payload: Mapping[str, Any]
    dense: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    sparse: Mapping[str, Weights] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranking:
    """One ranked list to ask for: nearest to `query` in the vector `using`, best first."""

    using: str
    query: NDArray[Any] | Weights
    limit: int


Ranked = tuple[int, float]
"""Id and score of a point in a ranked list. A search gets some 180 of them."""


@dataclass(frozen=True, slots=True)
class Found:
    """A point that came back.

    dense, terms  its vector and the dimensions of its `bm25` vector, where vectors were asked for
    """

    id: int
    payload: Mapping[str, Any]
    dense: Sequence[float] | None = None
    terms: Sequence[int] = ()


Filter = Mapping[str, str | Sequence[str]]
"""Payload field -> the value it must have, or the values of which it must have one."""


class Engine(Protocol):
    """Stores generations and ranks points; knows nothing of documents.

    Reads raise IndexNotReady when the index cannot be reached, GenerationGone when only the generation
    is missing; writes raise them too, or ConfigurationError when trying again cannot help.
    """

    @property
    def name(self) -> str:
        """`embedded` or `server`."""

    async def live(self) -> str | None:
        """Name of the published generation, None when there is none."""

    async def rank(self, generation: str, rankings: Sequence[Ranking], where: Filter) -> list[list[Ranked]]:
        """The ranked lists, each best first, in one round trip."""

    async def retrieve(
        self,
        generation: str,
        ids: Sequence[int],
        fields: Sequence[str] | None = None,
        *,
        vectors: bool = False,
    ) -> list[Found]:
        """The points with these ids, in any order, with all payload fields or these; unknown ids are left out."""

    async def select(
        self, generation: str, where: Filter, fields: Sequence[str] | None = None, *, vectors: bool = False
    ) -> list[Found]:
        """All points that match, in any order, with all payload fields or these."""

    async def count(self, generation: str) -> int:
        """How many points there are."""

    async def lock(self) -> None:
        """Become the only writer, until `aclose`. Raises ConfigurationError when there is another one.

        A server has no such lock: there, writers work on generations of their own, and the one that
        began last wins.
        """

    async def create(self, generation: str, dimension: int) -> None:
        """A new empty generation that nobody reads yet."""

    async def copy(self, source: str, generation: str) -> None:
        """A new generation with all points of `source`, that nobody reads yet."""

    async def add(self, generation: str, points: Sequence[Point]) -> None:
        """Add points; one with the id of another replaces it."""

    async def delete(self, generation: str, ids: Sequence[int]) -> None: ...

    async def checkpoint(self, generation: str) -> None:
        """What was added until now survives the death of this process."""

    async def seal(self, generation: str) -> None:
        """No more points will come: optimise and make durable."""

    async def publish(self, generation: str) -> None:
        """Make `generation` the live one, in one atomic step."""

    async def generations(self) -> list[str]:
        """Every generation that is stored, oldest first, the unfinished ones too."""

    async def drop(self, generation: str) -> None: ...

    async def aclose(self) -> None: ...
