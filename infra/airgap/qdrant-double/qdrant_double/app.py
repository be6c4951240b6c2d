"""The HTTP surface: Qdrant's paths, envelope, status codes and API key."""

import hmac
import time
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import qdrant_edge as edge
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from qdrant_client.http import models as rest

from qdrant_double.convert import (
    INDEX_NAMES,
    engine_filter,
    id_json,
    index_type,
    order_by,
    payload_selector,
    point_id,
    points_of,
    query_request,
    record_json,
)
from qdrant_double.store import Collection, Refused, Store, engine

SERVER_VERSION = "1.19.0"
"""The Qdrant release whose behaviour is copied; clients compare it with their own."""

OPEN_PATHS = {"/", "/healthz", "/livez", "/readyz"}
Update = edge.UpdateOperation


def create_app(store: Store, api_key: str | None = None) -> FastAPI:
    """The double over ``store``; with ``api_key`` every path but the probes asks for it."""
    app = FastAPI(title="qdrant-double (not Qdrant)", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(_service())
    app.include_router(_collections(store))
    app.include_router(_writes(store), prefix="/collections/{name}")
    app.include_router(_reads(store), prefix="/collections/{name}")

    @app.middleware("http")
    async def check_key(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        if api_key and request.url.path not in OPEN_PATHS:
            bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
            given = request.headers.get("api-key") or bearer
            if not given:
                return PlainTextResponse("Must provide an API key or an Authorization bearer token", 401)
            if not hmac.compare_digest(given.encode(), api_key.encode()):
                return PlainTextResponse("Invalid API key or JWT", 401)
        return await call_next(request)

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> Response:
        return _error(error.status, str(error))

    @app.exception_handler(NotImplementedError)
    async def not_served(_: Request, error: NotImplementedError) -> Response:
        return _error(501, f"qdrant-double does not serve {error}")

    @app.exception_handler(ValueError)
    async def invalid(_: Request, error: ValueError) -> Response:
        return _error(422, f"Validation error in JSON body: [{error}]")

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        return _error(400, f"Format error in JSON body: {first['msg']} at {first['loc']}")

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def not_served_path(path: str, request: Request) -> Response:
        return _error(501, f"qdrant-double does not serve {request.method} /{path}")

    return app


def _ok(result: Any, started: float) -> Response:
    return JSONResponse({"result": result, "status": "ok", "time": time.perf_counter() - started})


def _error(status: int, text: str) -> Response:
    return JSONResponse({"status": {"error": text}, "time": 0.0}, status)


def _service() -> APIRouter:
    routes = APIRouter()

    @routes.get("/")
    def root() -> dict[str, Any]:
        return {"title": "qdrant-double (not Qdrant)", "version": SERVER_VERSION, "commit": None}

    @routes.get("/healthz")
    @routes.get("/livez")
    def alive() -> Response:
        return PlainTextResponse("healthz check passed")

    @routes.get("/readyz")
    def ready() -> Response:
        return PlainTextResponse("all shards are ready")

    return routes


def _collections(store: Store) -> APIRouter:
    routes = APIRouter()

    def alias_list(collection: str | None = None) -> dict[str, Any]:
        return {
            "aliases": [
                {"alias_name": alias, "collection_name": target}
                for alias, target in store.aliases().items()
                if collection in (None, target)
            ]
        }

    @routes.get("/collections")
    def names() -> Response:
        return _ok({"collections": [{"name": name} for name in store.names()]}, time.perf_counter())

    @routes.get("/aliases")
    def aliases() -> Response:
        return _ok(alias_list(), time.perf_counter())

    @routes.post("/collections/aliases")
    def change_aliases(body: rest.ChangeAliasesOperation) -> Response:
        started = time.perf_counter()
        store.change_aliases(body.actions)
        return _ok(True, started)

    @routes.get("/collections/{name}/aliases")
    def collection_aliases(name: str) -> Response:
        return _ok(alias_list(name), time.perf_counter())

    @routes.get("/collections/{name}/exists")
    def exists(name: str) -> Response:
        return _ok({"exists": store.exists(name)}, time.perf_counter())

    @routes.get("/collections/{name}")
    def info(name: str) -> Response:
        return _ok(_info_json(store.get(name)), time.perf_counter())

    @routes.put("/collections/{name}")
    def create(name: str, body: rest.CreateCollection) -> Response:
        started = time.perf_counter()
        store.create(name, body)
        return _ok(True, started)

    @routes.delete("/collections/{name}")
    def drop(name: str) -> Response:
        started = time.perf_counter()
        return _ok(store.drop(name), started)

    return routes


def _info_json(collection: Collection) -> dict[str, Any]:
    info = engine(collection.shard.info)
    config = collection.config.model_dump(mode="json", exclude_none=True)
    return {
        "status": "green",
        "optimizer_status": "ok",
        "points_count": info.points_count,
        "indexed_vectors_count": info.indexed_vectors_count,
        "segments_count": info.segments_count,
        "payload_schema": {
            field: {"data_type": INDEX_NAMES[str(index.data_type)], "points": index.points}
            for field, index in info.payload_schema.items()
        },
        "config": {
            "params": {"vectors": config.get("vectors", {}), "sparse_vectors": config.get("sparse_vectors")},
            "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000},
            "optimizer_config": {
                "deleted_threshold": 0.2,
                "vacuum_min_vector_number": 1000,
                "default_segment_number": 0,
                "flush_interval_sec": 5,
            },
            "metadata": config.get("metadata"),
        },
    }


def _writes(store: Store) -> APIRouter:
    routes = APIRouter()
    operations = count(1)

    def apply(name: str, operation: edge.UpdateOperation, wait: bool, points: int = 0) -> Response:
        started = time.perf_counter()
        store.get(name).update(operation, points)
        status = "completed" if wait else "acknowledged"
        return _ok({"operation_id": next(operations), "status": status}, started)

    def ids_or_filter(body: Any) -> tuple[list[Any], edge.Filter | None]:
        chosen = getattr(body, "filter", None)
        return [point_id(item) for item in getattr(body, "points", None) or []], engine_filter(chosen)

    @routes.put("/index")
    def create_index(name: str, body: rest.CreateFieldIndex, wait: bool = False) -> Response:
        return apply(name, Update.create_field_index(body.field_name, index_type(body.field_schema)), wait)

    @routes.delete("/index/{field}")
    def drop_index(name: str, field: str, wait: bool = False) -> Response:
        return apply(name, Update.delete_field_index(field), wait)

    @routes.put("/points")
    def upsert(name: str, body: rest.PointsBatch | rest.PointsList, wait: bool = False) -> Response:
        if body.update_filter is not None or body.update_mode is not None:
            raise NotImplementedError("conditional upserts")
        points = points_of(body)
        return apply(name, Update.upsert_points(points), wait, len(points))

    @routes.post("/points/delete")
    def delete(name: str, body: rest.PointIdsList | rest.FilterSelector, wait: bool = False) -> Response:
        ids, chosen = ids_or_filter(body)
        return apply(
            name, Update.delete_points_by_filter(chosen) if chosen else Update.delete_points(ids), wait
        )

    @routes.post("/points/payload")
    def set_payload(name: str, body: rest.SetPayload, wait: bool = False) -> Response:
        ids, chosen = ids_or_filter(body)
        if chosen:
            return apply(name, Update.set_payload_by_filter(chosen, body.payload, body.key), wait)
        return apply(name, Update.set_payload(ids, body.payload, body.key), wait)

    @routes.put("/points/payload")
    def overwrite_payload(name: str, body: rest.SetPayload, wait: bool = False) -> Response:
        ids, chosen = ids_or_filter(body)
        if chosen:
            return apply(name, Update.overwrite_payload_by_filter(chosen, body.payload, body.key), wait)
        return apply(name, Update.overwrite_payload(ids, body.payload, body.key), wait)

    @routes.post("/points/payload/delete")
    def delete_payload(name: str, body: rest.DeletePayload, wait: bool = False) -> Response:
        ids, chosen = ids_or_filter(body)
        if chosen:
            return apply(name, Update.delete_payload_by_filter(chosen, body.keys), wait)
        return apply(name, Update.delete_payload(ids, body.keys), wait)

    return routes


def _reads(store: Store) -> APIRouter:
    routes = APIRouter()

    @routes.post("/points")
    def retrieve(name: str, body: rest.PointRequest) -> Response:
        started = time.perf_counter()
        shard = store.get(name).shard
        ids = [point_id(item) for item in body.ids]
        payload = payload_selector(body.with_payload, default=True)
        found = engine(lambda: shard.retrieve(ids, payload, body.with_vector or False))
        return _ok([record_json(point) for point in found], started)

    @routes.post("/points/scroll")
    def scroll(name: str, body: rest.ScrollRequest) -> Response:
        started = time.perf_counter()
        shard = store.get(name).shard
        request = edge.ScrollRequest(
            offset=None if body.offset is None else point_id(body.offset),
            limit=_positive(body.limit),
            filter=engine_filter(body.filter),
            with_payload=payload_selector(body.with_payload, default=True),
            with_vector=body.with_vector or False,
            order_by=order_by(body.order_by),
        )
        points, following = engine(lambda: shard.scroll(request))
        return _ok(
            {"points": [record_json(p) for p in points], "next_page_offset": id_json(following)}, started
        )

    @routes.post("/points/count")
    def count_points(name: str, body: rest.CountRequest) -> Response:
        started = time.perf_counter()
        shard = store.get(name).shard
        request = edge.CountRequest(exact=body.exact is not False, filter=engine_filter(body.filter))
        return _ok({"count": engine(lambda: shard.count(request))}, started)

    @routes.post("/facet")
    def facet(name: str, body: rest.FacetRequest) -> Response:
        started = time.perf_counter()
        shard = store.get(name).shard
        chosen = engine_filter(body.filter)
        request = edge.FacetRequest(
            body.key, limit=_positive(body.limit), exact=bool(body.exact), filter=chosen
        )
        hits = engine(lambda: shard.facet(request)).hits
        return _ok({"hits": [{"value": hit.value, "count": hit.count} for hit in hits]}, started)

    @routes.post("/points/query")
    def query(name: str, body: rest.QueryRequest) -> Response:
        started = time.perf_counter()
        return _ok(_answers(store.get(name), [body])[0], started)

    @routes.post("/points/query/batch")
    def query_batch(name: str, body: rest.QueryRequestBatch) -> Response:
        started = time.perf_counter()
        return _ok(_answers(store.get(name), body.searches), started)

    return routes


def _answers(collection: Collection, bodies: list[rest.QueryRequest]) -> list[dict[str, Any]]:
    for body in bodies:
        _positive(body.limit)
    requests = edge.QueryBatchRequest([query_request(body) for body in bodies])
    found = engine(lambda: collection.shard.query_batch(requests))
    return [{"points": [record_json(point) for point in points]} for points in found]


def _positive(limit: int | None) -> int:
    """The page size, ten when none is asked for."""
    if limit is not None and limit < 1:
        raise ValueError(f"limit: value {limit} invalid, must be 1 or larger")
    return 10 if limit is None else limit
