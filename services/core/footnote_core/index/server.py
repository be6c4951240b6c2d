"""A Qdrant server: one collection a generation, an alias names the live one."""

import json
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Any, TypeVar, cast

import httpx
import numpy as np
from qdrant_client import AsyncQdrantClient
from qdrant_client import models as q
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

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

_READ_SECONDS = 2
"""A reader waits no longer than this for the server."""
_CONNECTIONS = 100
"""At once, of each worker."""
_IDLE_SECONDS = 2.0
"""How long a connection may wait for its next request. The server closes it after five, and a request that is sent
at that moment fails."""
_WRITE_SECONDS = 60
_ALIAS_SECONDS = 1.0
"""How long a reader may go on with a generation after another was published."""
_SCROLL_PAGE = 1000
_UPSERT_BATCH = 256
_UPSERT_NUMBERS = 500_000
"""Vector elements of one request: they take about 20 bytes each, and the server refuses more than 32 MB."""
T = TypeVar("T")


class ServerEngine:
    """An engine behind REST; every failure of the network or the server becomes IndexNotReady."""

    name = "server"

    def __init__(self, url: str, api_key: str | None, collection: str) -> None:
        self._url = url
        self._api_key = api_key
        self._alias = collection
        with warnings.catch_warnings():
            # Inside a compose network the server speaks plain HTTP, key or not.
            warnings.filterwarnings("ignore", "Api key is used with an insecure connection")
            self._client = AsyncQdrantClient(
                url=url,
                api_key=api_key,
                timeout=_READ_SECONDS,
                check_compatibility=False,
                limits=httpx.Limits(max_connections=_CONNECTIONS, keepalive_expiry=_IDLE_SECONDS),
            )
        self._live: str | None = None
        self._live_until = 0.0

    async def live(self) -> str | None:
        if time.monotonic() >= self._live_until:
            aliases = await self._ask(self._client.get_aliases())
            targets = {a.alias_name: a.collection_name for a in aliases.aliases}
            self._live = self._generation(targets.get(self._alias, ""))
            self._live_until = time.monotonic() + _ALIAS_SECONDS
        return self._live

    async def rank(self, generation: str, rankings: Sequence[Ranking], where: Filter) -> list[list[Ranked]]:
        requests = [
            q.QueryRequest(
                query=_vector(r.query),
                using=r.using,
                limit=r.limit,
                filter=_filter(where),
                with_payload=False,
            )
            for r in rankings
        ]
        lists = await self._ask(self._client.query_batch_points(self._collection(generation), requests))
        return [[(cast(int, p.id), p.score) for p in found.points] for found in lists]

    async def retrieve(
        self,
        generation: str,
        ids: Sequence[int],
        fields: Sequence[str] | None = None,
        *,
        vectors: bool = False,
    ) -> list[Found]:
        records = await self._ask(
            self._client.retrieve(
                self._collection(generation),
                list(ids),
                with_payload=_payload(fields),
                with_vectors=["dense"] if vectors else False,
            )
        )
        return [_found(r) for r in records]

    async def select(
        self, generation: str, where: Filter, fields: Sequence[str] | None = None, *, vectors: bool = False
    ) -> list[Found]:
        wanted: bool | list[str] = ["dense", "bm25"] if vectors else False
        return [
            _found(r)
            async for page in self._scroll(generation, where, _payload(fields), wanted)
            for r in page
        ]

    async def _scroll(
        self, generation: str, where: Filter, fields: bool | list[str], vectors: bool | list[str]
    ) -> AsyncIterator[list[q.Record]]:
        offset = None
        while True:
            records, offset = await self._ask(
                self._client.scroll(
                    self._collection(generation),
                    _filter(where),
                    limit=_UPSERT_BATCH if vectors else _SCROLL_PAGE,
                    offset=offset,
                    with_payload=fields,
                    with_vectors=vectors,
                    timeout=_WRITE_SECONDS,
                )
            )
            yield records
            if offset is None:
                return

    async def count(self, generation: str) -> int:
        counted = await self._ask(self._client.count(self._collection(generation), exact=True))
        return counted.count

    async def lock(self) -> None:
        """Nothing to hold: a server has no locks."""

    async def create(self, generation: str, dimension: int) -> None:
        name = self._collection(generation)
        await self._ask(
            self._client.create_collection(
                name,
                vectors_config={
                    vector: q.VectorParams(size=dimension, distance=q.Distance.COSINE) for vector in DENSE
                },
                sparse_vectors_config={
                    vector: q.SparseVectorParams(modifier=q.Modifier.IDF) for vector in SPARSE
                },
                timeout=_WRITE_SECONDS,
            )
        )
        for field in KEYWORDS:
            await self._ask(
                self._client.create_payload_index(
                    name, field, q.PayloadSchemaType.KEYWORD, timeout=_WRITE_SECONDS
                )
            )

    async def copy(self, source: str, generation: str) -> None:
        """Point by point: the server has no such operation, and its snapshots need access to its disk.

        Spoken to directly, because the client would make objects of every number on the way.
        """
        info = await self._ask(self._client.get_collection(self._collection(source)))
        vectors = info.config.params.vectors
        assert isinstance(vectors, dict)
        await self.create(generation, vectors[DENSE[0]].size)
        headers = {"api-key": self._api_key} if self._api_key else {}
        wanted: dict[str, Any] = {"limit": _UPSERT_BATCH, "with_payload": True, "with_vector": True}
        async with httpx.AsyncClient(base_url=self._url, headers=headers, timeout=_WRITE_SECONDS) as http:
            while True:
                page = await self._ask(_answer(http.post(f"{self._points(source)}/scroll", json=wanted)))
                points = [
                    {name: point[name] for name in ("id", "vector", "payload")} for point in page["points"]
                ]
                if points:
                    put = http.put(self._points(generation), json={"points": points}, params={"wait": "true"})
                    await self._ask(_answer(put))
                wanted["offset"] = page["next_page_offset"]
                if wanted["offset"] is None:
                    return

    def _points(self, generation: str) -> str:
        return f"/collections/{self._collection(generation)}/points"

    async def add(self, generation: str, points: Sequence[Point]) -> None:
        batch: list[Point] = []
        numbers = 0
        for point in points:
            size = sum(map(len, point.sparse.values())) + sum(map(len, point.dense.values()))
            if batch and (numbers + size > _UPSERT_NUMBERS or len(batch) == _UPSERT_BATCH):
                await self._upsert(generation, [_point(p) for p in batch])
                batch, numbers = [], 0
            batch.append(point)
            numbers += size
        await self._upsert(generation, [_point(p) for p in batch])

    async def _upsert(self, generation: str, points: list[q.PointStruct]) -> None:
        if points:
            collection = self._collection(generation)
            await self._ask(self._client.upsert(collection, points, wait=True, timeout=_WRITE_SECONDS))

    async def delete(self, generation: str, ids: Sequence[int]) -> None:
        collection, selector = self._collection(generation), q.PointIdsList(points=list(ids))
        await self._ask(self._client.delete(collection, selector, wait=True, timeout=_WRITE_SECONDS))

    async def checkpoint(self, generation: str) -> None:
        """Nothing to do: the server acknowledges a write when it is in its log."""

    async def seal(self, generation: str) -> None:
        """Nothing to do: the server optimises by itself and every write was waited for."""

    async def publish(self, generation: str) -> None:
        collections = await self._ask(self._client.get_collections())
        if any(c.name == self._alias for c in collections.collections):
            raise ConfigurationError(
                f"The Qdrant server has a collection named {self._alias} that Footnote did not make. Set FOOTNOTE_COLLECTION to another name."
            )
        create = q.CreateAliasOperation(
            create_alias=q.CreateAlias(collection_name=self._collection(generation), alias_name=self._alias)
        )
        delete = q.DeleteAliasOperation(delete_alias=q.DeleteAlias(alias_name=self._alias))
        self._live_until = 0.0
        changes: list[q.AliasOperations] = [delete, create] if await self.live() else [create]
        await self._ask(self._client.update_collection_aliases(changes, timeout=_WRITE_SECONDS))
        self._live_until = 0.0

    async def generations(self) -> list[str]:
        collections = await self._ask(self._client.get_collections())
        return sorted(g for c in collections.collections if (g := self._generation(c.name)))

    async def drop(self, generation: str) -> None:
        await self._ask(self._client.delete_collection(self._collection(generation), timeout=_WRITE_SECONDS))

    async def aclose(self) -> None:
        await self._client.close()

    def _collection(self, generation: str) -> str:
        return f"{self._alias}.{generation}"

    def _generation(self, collection: str) -> str | None:
        prefix = f"{self._alias}."
        return collection.removeprefix(prefix) if collection.startswith(prefix) else None

    async def _ask(self, call: Awaitable[T]) -> T:
        try:
            return await call
        except UnexpectedResponse as error:
            if error.status_code in (401, 403):
                raise ConfigurationError(
                    f"The Qdrant server at {self._url} refused the key. Check QDRANT_API_KEY."
                ) from error
            self._live_until = 0.0
            if error.status_code == httpx.codes.NOT_FOUND:
                raise GenerationGone("The index was replaced while it was being used. Try again.") from error
            raise IndexNotReady(
                f"The Qdrant server answered {error.status_code} {error.reason_phrase}{_told(error)}."
            ) from error
        except (ResponseHandlingException, httpx.HTTPError, OSError) as error:
            raise IndexNotReady(
                "The Qdrant server cannot be reached. Check QDRANT_URL and that it is running."
            ) from error


def _told(error: UnexpectedResponse) -> str:
    """What the server itself says is wrong, where it says so."""
    try:
        said = json.loads(error.content)["status"]["error"]
    except (ValueError, KeyError, TypeError):  # not the server's own: a proxy before it answered
        return ""
    return f": {str(said)[:200]}"


async def _answer(sent: Awaitable[httpx.Response]) -> Any:
    response = await sent
    response.raise_for_status()
    return response.json()["result"]


def _vector(query: object) -> q.SparseVector | list[float]:
    if isinstance(query, np.ndarray):
        return list(query.tolist())
    assert isinstance(query, dict)
    return q.SparseVector(indices=list(query), values=list(query.values()))


def _found(record: q.Record) -> Found:
    vectors: dict[str, Any] = record.vector if isinstance(record.vector, dict) else {}
    terms = vectors["bm25"].indices if "bm25" in vectors else ()
    return Found(cast(int, record.id), record.payload or {}, vectors.get("dense"), terms)


def _payload(fields: Sequence[str] | None) -> bool | list[str]:
    return True if fields is None else list(fields) or False


def _filter(where: Filter) -> q.Filter | None:
    if not where:
        return None
    return q.Filter(
        must=[
            q.FieldCondition(
                key=key,
                match=q.MatchValue(value=value) if isinstance(value, str) else q.MatchAny(any=list(value)),
            )
            for key, value in where.items()
        ]
    )


def _point(point: Point) -> q.PointStruct:
    vectors: dict[str, Any] = {name: _vector(weights) for name, weights in point.sparse.items() if weights}
    vectors |= {name: _vector(vector) for name, vector in point.dense.items()}
    return q.PointStruct(id=point.id, vector=vectors, payload=dict(point.payload))
