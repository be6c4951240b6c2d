"""Qdrant Edge: Qdrant's own engine in this process, one directory a generation.

`<path>/<generation>/` holds a shard and `<path>/current` is a symlink to the live one: replacing
it is the atomic publication. Shards are opened without a write-ahead log, which is what lets the
processes of a server read the same one. That is safe because a generation is written by one
process (a lock file sees to it), sealed, and never changed after it is published.

Shards must be opened after a fork: the engine's threads do not survive one.
"""

import fcntl
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, ParamSpec, TypeVar, cast

import numpy as np
import qdrant_edge as edge

from footnote_core.errors import ConfigurationError, IndexNotReady
from footnote_core.index.engine import (
    DENSE,
    KEYWORDS,
    SPARSE,
    Filter,
    Found,
    GenerationGone,
    Point,
    Ranked,
    Ranking,
)

_SCROLL_PAGE = 1000
_UPSERT_BATCH = 1000
_COPY_BYTES = 1 << 20
_PARTIAL = ".partial-"
_CURRENT = "current"
_RESERVE_BYTES = 32_000_000
"""Kept free on the disk. The engine writes through memory maps, and the system kills a process that does
so on a full disk: it must not come to that. A batch of points takes 1 to 10 MB."""
P = ParamSpec("P")
T = TypeVar("T")


class EmbeddedEngine:
    """An engine whose calls return within milliseconds, so they run on the event loop itself."""

    name = "embedded"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._current = path / _CURRENT
        self._open: dict[str, edge.EdgeShard] = {}
        self._drafts: set[str] = set()
        self._lock: IO[str] | None = None

    async def live(self) -> str | None:
        try:
            live = str(self._current.readlink())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise IndexNotReady(f"The index folder {self._path} cannot be read: {error.strerror}.") from error
        for stale in [opened for opened in self._open if opened != live and opened not in self._drafts]:
            self._open.pop(stale).close()
        return live

    async def rank(self, generation: str, rankings: Sequence[Ranking], where: Filter) -> list[list[Ranked]]:
        condition = _filter(where)
        requests = [
            edge.QueryRequest(
                limit=r.limit, query=edge.Query.Nearest(_vector(r.query), using=r.using), filter=condition
            )
            for r in rankings
        ]
        shard = self._shard(generation)
        lists = _engine(shard.query_batch, edge.QueryBatchRequest(requests))
        return [[(p.id, p.score) for p in points] for points in lists]  # type: ignore[misc]

    async def retrieve(
        self,
        generation: str,
        ids: Sequence[int],
        fields: Sequence[str] | None = None,
        *,
        vectors: bool = False,
    ) -> list[Found]:
        shard = self._shard(generation)
        records = _engine(shard.retrieve, list(ids), _payload(fields), ["dense"] if vectors else False)
        return [_found(r) for r in records]

    async def select(
        self, generation: str, where: Filter, fields: Sequence[str] | None = None, *, vectors: bool = False
    ) -> list[Found]:
        shard = self._shard(generation)
        found: list[Found] = []
        offset = None
        while True:
            request = edge.ScrollRequest(
                offset=offset,
                limit=_SCROLL_PAGE,
                filter=_filter(where),
                with_payload=_payload(fields),
                with_vector=["dense", "bm25"] if vectors else False,
            )
            records, offset = _engine(shard.scroll, request)
            found += [_found(r) for r in records]
            if offset is None:
                return found

    async def count(self, generation: str) -> int:
        shard = self._shard(generation)
        return int(_engine(shard.count, edge.CountRequest(exact=True)))

    async def lock(self) -> None:
        """The system frees the lock when the process dies."""
        if self._lock:
            return
        with self._writing():
            self._path.mkdir(parents=True, exist_ok=True)
            lock = (self._path / ".lock").open("w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                lock.close()
                raise ConfigurationError(
                    f"Another ingest is writing to {self._path}; wait for it to end."
                ) from error
            self._lock = lock
            for leftover in self._path.glob(f"{_PARTIAL}*"):
                leftover.unlink() if leftover.is_symlink() else shutil.rmtree(leftover)

    async def create(self, generation: str, dimension: int) -> None:
        folder = self._path / generation
        self._check_room(0)
        with self._writing():
            folder.mkdir()
        config = edge.EdgeConfig(
            vectors={
                name: edge.EdgeVectorParams(size=dimension, distance=edge.Distance.Cosine) for name in DENSE
            },
            sparse_vectors={name: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf) for name in SPARSE},
            optimizers=edge.EdgeOptimizersConfig(default_segment_number=1),
            wal_enabled=False,
        )
        self._open[generation] = _engine(edge.EdgeShard.create, str(folder), config)
        self._drafts.add(generation)
        for field in KEYWORDS:
            self._update(
                generation, edge.UpdateOperation.create_field_index(field, edge.PayloadSchemaType.Keyword)
            )

    async def copy(self, source: str, generation: str) -> None:
        """Copies the files of the shard: a published one is never changed. Links would share later writes."""
        self._check_room(_disk_bytes(self._path / source))
        partial = self._path / f"{_PARTIAL}{generation}"
        with self._writing():
            for path in sorted((self._path / source).rglob("*")):
                target = partial / path.relative_to(self._path / source)
                if path.is_dir():
                    target.mkdir(parents=True)
                else:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    _copy_sparse(path, target)
            partial.rename(self._path / generation)
        self._drafts.add(generation)

    async def add(self, generation: str, points: Sequence[Point]) -> None:
        for start in range(0, len(points), _UPSERT_BATCH):
            self._check_room(0)
            batch = [_point(p) for p in points[start : start + _UPSERT_BATCH]]
            self._update(generation, edge.UpdateOperation.upsert_points(batch))

    async def delete(self, generation: str, ids: Sequence[int]) -> None:
        self._update(generation, edge.UpdateOperation.delete_points(list(ids)))

    async def checkpoint(self, generation: str) -> None:
        _engine(self._shard(generation).flush)

    async def seal(self, generation: str) -> None:
        self._check_room(_disk_bytes(self._path / generation))
        _engine(self._shard(generation).optimize)

    async def publish(self, generation: str) -> None:
        link = self._path / f"{_PARTIAL}{uuid.uuid4().hex}"
        with self._writing():
            link.symlink_to(generation, target_is_directory=True)
            link.replace(self._current)
        self._drafts.discard(generation)

    async def generations(self) -> list[str]:
        if not self._path.is_dir():
            return []
        folders = (p for p in self._path.iterdir() if p.is_dir() and not p.is_symlink())
        return sorted(p.name for p in folders if not p.name.startswith("."))

    async def drop(self, generation: str) -> None:
        self._drafts.discard(generation)
        if shard := self._open.pop(generation, None):
            shard.close()
        with self._writing():
            shutil.rmtree(self._path / generation)

    async def aclose(self) -> None:
        for shard in self._open.values():
            shard.close()
        self._open.clear()
        if self._lock:
            self._lock.close()
            self._lock = None

    def _shard(self, generation: str) -> edge.EdgeShard:
        if generation not in self._open:
            folder = self._path / generation
            if not folder.is_dir():
                raise GenerationGone("The index was replaced while it was being used. Try again.")
            self._open[generation] = _engine(edge.EdgeShard.load, str(folder))
        return self._open[generation]

    def _update(self, generation: str, operation: edge.UpdateOperation) -> None:
        _engine(self._shard(generation).update, operation)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """What the system refuses, as a sentence."""
        try:
            yield
        except OSError as error:
            raise ConfigurationError(
                f"The index cannot be written to {self._path}: {error.strerror}. Set FOOTNOTE_INDEX_PATH to a folder that can be."
            ) from error

    def _check_room(self, needed_bytes: int) -> None:
        with self._writing():
            free = shutil.disk_usage(self._path).free
        if free < needed_bytes + _RESERVE_BYTES:
            raise ConfigurationError(
                f"The disk of {self._path} is nearly full: {free / 1e6:.0f} MB are free, {(needed_bytes + _RESERVE_BYTES) / 1e6:.0f} MB are needed. Make room or set FOOTNOTE_INDEX_PATH to another disk."
            )


def _engine(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one engine call; the engine raises bare `Exception` for everything that goes wrong."""
    try:
        return call(*args, **kwargs)
    except Exception as error:
        if type(error) is not Exception:
            raise
        raise IndexNotReady(
            f"The embedded index failed: {error}. Run footnote-ingest --full to build it anew."
        ) from error


def _disk_bytes(folder: Path) -> int:
    """What a generation occupies; its files have holes."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def _copy_sparse(source: Path, target: Path) -> None:
    """Copy a file without writing its holes: the engine's files are mostly reserved space."""
    with source.open("rb") as read, target.open("wb") as write:
        size = os.fstat(read.fileno()).st_size
        write.truncate(size)
        end = 0
        while end < size:
            try:
                start = os.lseek(read.fileno(), end, os.SEEK_DATA)
            except OSError:  # no data behind `end`
                return
            end = os.lseek(read.fileno(), start, os.SEEK_HOLE)
            read.seek(start)
            write.seek(start)
            while start < end:
                piece = read.read(min(_COPY_BYTES, end - start))
                write.write(piece)
                start += len(piece)


def _found(record: "edge.Record") -> Found:
    vectors: dict[str, Any] = dict(record.vector) if isinstance(record.vector, dict) else {}
    terms = vectors["bm25"].indices if "bm25" in vectors else ()
    return Found(cast(int, record.id), record.payload or {}, vectors.get("dense"), terms)


def _vector(query: object) -> "edge.SparseVector | list[float]":
    if isinstance(query, np.ndarray):
        return query.tolist()  # type: ignore[no-any-return]
    assert isinstance(query, dict)
    return edge.SparseVector(list(query), list(query.values()))


def _payload(fields: Sequence[str] | None) -> "edge.PayloadSelector | bool":
    if fields is None:
        return True
    return edge.PayloadSelector.Include(list(fields)) if fields else False


def _filter(where: Filter) -> "edge.Filter | None":
    if not where:
        return None
    conditions: list[Any] = [
        edge.FieldCondition(
            key, match=edge.MatchValue(value) if isinstance(value, str) else edge.MatchAny(list(value))
        )
        for key, value in where.items()
    ]
    return edge.Filter(must=conditions)


def _point(point: Point) -> "edge.Point":
    vectors: dict[str, Any] = {
        name: _vector(dict(weights)) for name, weights in point.sparse.items() if weights
    }
    vectors |= {name: _vector(vector) for name, vector in point.dense.items()}
    return edge.Point(point.id, vectors, dict(point.payload))
