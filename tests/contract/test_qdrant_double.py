"""The Qdrant test double, through an unmodified client: same answers as the client's own local mode,
the server's status codes, and nothing lost when it is killed."""

import random
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from qdrant_client import AsyncQdrantClient, QdrantClient
from qdrant_client.http import models as rest
from qdrant_client.http.exceptions import UnexpectedResponse

from tests.support.qdrant_double import running_qdrant_double

DIMENSIONS = 16
VECTORS = {"dense": rest.VectorParams(size=DIMENSIONS, distance=rest.Distance.COSINE)}
SPARSE = {
    "bm25": rest.SparseVectorParams(modifier=rest.Modifier.IDF),
    "page": rest.SparseVectorParams(modifier=rest.Modifier.IDF),
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_qdrant_double(tmp_path_factory.mktemp("qdrant") / "storage") as url:
        yield url


@pytest.fixture
async def client(url: str) -> AsyncIterator[AsyncQdrantClient]:
    client = AsyncQdrantClient(url=url)
    yield client
    await client.close()


@pytest.fixture
async def name(client: AsyncQdrantClient) -> str:
    name = f"docs-{uuid.uuid4().hex[:8]}"
    await client.create_collection(name, VECTORS, SPARSE, metadata={"embedder": "test"})
    return name


def _sparse(rng: random.Random) -> rest.SparseVector:
    return rest.SparseVector(indices=rng.sample(range(50), 5), values=[rng.uniform(0.5, 2) for _ in range(5)])


def _dense(rng: random.Random) -> list[float]:
    return [rng.gauss(0, 1) for _ in range(DIMENSIONS)]


def _points(count: int, seed: int = 1) -> list[rest.PointStruct]:
    """Every third point has no dense vector, every fourth no page vector."""
    rng = random.Random(seed)
    points = []
    for number in range(count):
        vector: dict[str, object] = {"bm25": _sparse(rng)}
        if number % 3:
            vector["dense"] = _dense(rng)
        if number % 4:
            vector["page"] = _sparse(rng)
        payload = {"number": number, "version": f"v{number % 3}", "text": f"text {number}"}
        points.append(
            rest.PointStruct(
                id=str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))), vector=vector, payload=payload
            )
        )
    return points


def _queries(seed: int) -> list[rest.QueryRequest]:
    """Dense, sparse and hybrid, each with and without a filter."""
    rng = random.Random(seed)
    dense, sparse = _dense(rng), _sparse(rng)
    only = rest.Filter(
        must=[rest.FieldCondition(key="version", match=rest.MatchAny(any=["v0", "v1"]))],
        must_not=[rest.FieldCondition(key="number", range=rest.Range(lt=10))],
    )
    fused = rest.RrfQuery(rrf=rest.Rrf(k=60, weights=[1.0, 1.3]))
    prefetch = [
        rest.Prefetch(query=dense, using="dense", limit=30),
        rest.Prefetch(query=sparse, using="bm25", limit=30),
    ]
    include = rest.PayloadSelectorInclude(include=["number"])
    return [
        rest.QueryRequest(query=dense, using="dense", limit=10, with_payload=include),
        rest.QueryRequest(query=sparse, using="page", limit=10, with_payload=include),
        rest.QueryRequest(query=dense, using="dense", limit=10, filter=only, with_payload=include),
        rest.QueryRequest(query=sparse, using="bm25", limit=10, filter=only, with_payload=include),
        rest.QueryRequest(query=fused, prefetch=prefetch, limit=10, with_payload=include),
    ]


@pytest.mark.parametrize("seed", range(5))
async def test_batched_queries_rank_as_the_clients_local_mode_does(
    client: AsyncQdrantClient, name: str, seed: int
) -> None:
    local = QdrantClient(":memory:")
    local.create_collection(name, VECTORS, SPARSE)
    points = _points(200)
    local.upsert(name, points)
    await client.upsert(name, points, wait=True)

    served = await client.query_batch_points(name, _queries(seed))
    expected = local.query_batch_points(name, _queries(seed))

    for ours, theirs in zip(served, expected, strict=True):
        assert [(p.id, p.payload) for p in ours.points] == [(p.id, p.payload) for p in theirs.points]
        assert [p.score for p in ours.points] == pytest.approx([p.score for p in theirs.points], abs=1e-5)


async def test_points_come_back_as_they_were_written(client: AsyncQdrantClient, name: str) -> None:
    points = _points(30)
    await client.upsert(name, points, wait=True)

    (found,) = await client.retrieve(name, [points[0].id], with_vectors=True)
    assert isinstance(found.vector, dict)
    assert set(found.vector) == {"bm25"}
    assert found.payload == points[0].payload

    seen, offset = [], None
    while True:
        page, offset = await client.scroll(name, limit=7, offset=offset, with_payload=["number"])
        seen += [point.payload for point in page]
        if offset is None:
            break
    assert sorted(payload["number"] for payload in seen if payload) == list(range(30))

    await client.set_payload(name, {"seen": True}, points=[points[1].id], wait=True)
    await client.delete(
        name, rest.Filter(must=[rest.FieldCondition(key="version", match=rest.MatchValue(value="v0"))])
    )
    await client.delete(name, [points[1].id])
    assert (await client.count(name)).count == 19


async def test_collection_reports_its_configuration_and_indexes(client: AsyncQdrantClient, name: str) -> None:
    await client.create_payload_index(name, "version", rest.PayloadSchemaType.KEYWORD, wait=True)
    await client.upsert(name, _points(12), wait=True)
    info = await client.get_collection(name)
    assert info.points_count == 12
    assert info.config.params.vectors == VECTORS
    assert info.config.params.sparse_vectors == SPARSE
    assert info.config.metadata == {"embedder": "test"}
    assert info.payload_schema["version"].data_type == rest.PayloadSchemaType.KEYWORD
    facet = await client.facet(name, "version")
    assert {hit.value: hit.count for hit in facet.hits} == {"v0": 4, "v1": 4, "v2": 4}


async def test_alias_moves_to_the_next_generation_without_a_gap(client: AsyncQdrantClient, url: str) -> None:
    alias = f"live-{uuid.uuid4().hex[:8]}"
    generations = [f"{alias}-{number}" for number in range(2)]
    for generation, count in zip(generations, (3, 5), strict=True):
        await client.create_collection(generation, VECTORS, SPARSE)
        await client.upsert(generation, _points(count), wait=True)
    point_to = [
        rest.CreateAliasOperation(create_alias=rest.CreateAlias(collection_name=target, alias_name=alias))
        for target in generations
    ]
    await client.update_collection_aliases([point_to[0]])

    counts, stop = [], threading.Event()

    def read() -> None:
        with httpx.Client(base_url=url) as http:
            while not stop.is_set():
                answer = http.post(f"/collections/{alias}/points/count", json={"exact": True})
                counts.append(answer.raise_for_status().json()["result"]["count"])

    reader = threading.Thread(target=read)
    reader.start()
    drop = rest.DeleteAliasOperation(delete_alias=rest.DeleteAlias(alias_name=alias))
    for number in range(20):
        await client.update_collection_aliases([drop, point_to[(number + 1) % 2]])
    stop.set()
    reader.join()

    assert set(counts) <= {3, 5}
    assert counts
    await client.delete_collection(generations[0])
    aliases = {entry.alias_name for entry in (await client.get_aliases()).aliases}
    assert alias not in aliases, "dropping a collection drops its aliases"
    assert not await client.collection_exists(alias)


async def test_refusals_carry_the_servers_status_codes(
    client: AsyncQdrantClient, name: str, url: str
) -> None:
    with pytest.raises(UnexpectedResponse, match="409"):
        await client.create_collection(name, VECTORS)
    with pytest.raises(UnexpectedResponse, match="404"):
        await client.get_collection("absent")
    with pytest.raises(UnexpectedResponse, match="expected dim: 16, got 3"):
        await client.upsert(name, [rest.PointStruct(id=1, vector={"dense": [1.0, 0.0, 0.0]})])
    with pytest.raises(UnexpectedResponse, match="Not existing vector name"):
        await client.query_points(name, [1.0] * DIMENSIONS, using="title")
    with pytest.raises(UnexpectedResponse, match="422"):
        await client.query_points(name, [1.0] * DIMENSIONS, using="dense", limit=0)
    with pytest.raises(UnexpectedResponse, match="501"):
        await client.query_points(name, rest.RecommendQuery(recommend=rest.RecommendInput(positive=[1])))
    async with httpx.AsyncClient(base_url=url) as http:
        assert (await http.put(f"/collections/{name}/points", json={"points": 3})).status_code == 400
        assert (await http.get("/cluster")).status_code == 501


async def test_api_key_guards_all_but_the_probes(tmp_path: Path) -> None:
    with running_qdrant_double(tmp_path / "storage", api_key="open sesame") as url:
        async with httpx.AsyncClient(base_url=url) as http:
            assert (await http.get("/readyz")).status_code == 200
            assert (await http.get("/collections")).status_code == 401
            assert (await http.get("/collections", headers={"api-key": "wrong"})).status_code == 401
            assert (await http.get("/collections", headers={"api-key": "open sesame"})).status_code == 200


def test_acknowledged_writes_survive_a_kill(tmp_path: Path) -> None:
    points = _points(120)
    with running_qdrant_double(tmp_path / "storage") as url:  # leaving the block kills it with SIGKILL
        client = QdrantClient(url=url, check_compatibility=False)
        client.create_collection("docs", VECTORS, SPARSE)
        alias = rest.CreateAlias(collection_name="docs", alias_name="live")
        client.update_collection_aliases([rest.CreateAliasOperation(create_alias=alias)])
        for start in range(0, 120, 10):
            client.upsert("docs", points[start : start + 10], wait=True)
        client.close()
    (left_over := tmp_path / "storage/qdrant-double/left-by-an-interrupted-create").mkdir()
    with running_qdrant_double(tmp_path / "storage") as url:
        client = QdrantClient(url=url, check_compatibility=False)
        assert client.count("live").count == 120
        client.close()
    assert not left_over.exists()
