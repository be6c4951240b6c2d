"""Translate between the REST models and the engine: pure functions, no I/O.

``NotImplementedError`` names a feature of Qdrant that this double does not serve.
"""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

import qdrant_edge as edge
from qdrant_client.http import models as rest

DISTANCES = {
    rest.Distance.COSINE: edge.Distance.Cosine,
    rest.Distance.DOT: edge.Distance.Dot,
    rest.Distance.EUCLID: edge.Distance.Euclid,
    rest.Distance.MANHATTAN: edge.Distance.Manhattan,
}
INDEX_TYPES = {
    "keyword": edge.PayloadSchemaType.Keyword,
    "integer": edge.PayloadSchemaType.Integer,
    "float": edge.PayloadSchemaType.Float,
    "bool": edge.PayloadSchemaType.Bool,
    "datetime": edge.PayloadSchemaType.Datetime,
    "uuid": edge.PayloadSchemaType.Uuid,
    "text": edge.PayloadSchemaType.Text,
}
INDEX_NAMES = {str(kind): name for name, kind in INDEX_TYPES.items()}


def as_list(value: Any) -> list[Any]:
    """REST takes one item or a list of them in several places."""
    return [] if value is None else value if isinstance(value, list) else [value]


def point_id(value: Any) -> int | uuid.UUID | str:
    """Ids are unsigned integers or UUIDs."""
    return value if isinstance(value, int) else uuid.UUID(str(value))


# --- collections --------------------------------------------------------------------------------


def engine_config(config: rest.CreateCollection) -> edge.EdgeConfig:
    """What decides results (vectors, distances, modifiers); tuning options change only speed."""
    if config.quantization_config is not None:
        raise NotImplementedError("quantization")
    vectors = config.vectors or {}
    named = vectors if isinstance(vectors, dict) else {"": vectors}
    sparse = config.sparse_vectors or {}
    return edge.EdgeConfig(
        vectors={name: _dense(params) for name, params in named.items()},
        sparse_vectors={
            name: edge.EdgeSparseVectorParams(
                modifier=edge.Modifier.Idf if params.modifier == rest.Modifier.IDF else None
            )
            for name, params in sparse.items()
        },
    )


def _dense(params: rest.VectorParams) -> edge.EdgeVectorParams:
    if (
        params.multivector_config
        or params.quantization_config
        or params.datatype not in (None, rest.Datatype.FLOAT32)
    ):
        raise NotImplementedError("multivectors, quantization and datatypes other than float32")
    return edge.EdgeVectorParams(size=params.size, distance=DISTANCES[params.distance])


def index_type(schema: Any) -> edge.PayloadSchemaType:
    """A payload index of default parameters."""
    kind = getattr(schema, "type", schema)
    name = str(getattr(kind, "value", kind))
    if name not in INDEX_TYPES:
        raise NotImplementedError(f"payload indexes of type {name}")
    return INDEX_TYPES[name]


# --- points, in ---------------------------------------------------------------------------------


def engine_vector(value: Any) -> Any:
    """One vector or a mapping of names to vectors."""
    match value:
        case rest.SparseVector():
            if len(set(value.indices)) != len(value.indices) or len(value.indices) != len(value.values):
                raise ValueError("indices: must be unique, and as many as values")
            return edge.SparseVector(value.indices, value.values)
        case dict():
            return {name: engine_vector(vector) for name, vector in value.items()}
        case list() if not value or isinstance(value[0], float):
            return value
        case _:
            raise NotImplementedError("multivectors and inference of vectors")


def points_of(body: rest.PointsList | rest.PointsBatch) -> list[edge.Point]:
    """Points of an upsert, given one by one or column by column."""
    if isinstance(body, rest.PointsList):
        return [edge.Point(point_id(p.id), engine_vector(p.vector), p.payload or {}) for p in body.points]
    batch = body.batch
    rows: Sequence[Any]
    if isinstance(batch.vectors, dict):
        rows = [
            {name: column[row] for name, column in batch.vectors.items()} for row in range(len(batch.ids))
        ]
    else:
        rows = batch.vectors
    payloads: Sequence[Any] = batch.payloads or [None] * len(batch.ids)
    return [
        edge.Point(point_id(id_), engine_vector(vector), payload or {})
        for id_, vector, payload in zip(batch.ids, rows, payloads, strict=True)
    ]


# --- filters ------------------------------------------------------------------------------------


def engine_filter(body: rest.Filter | None) -> edge.Filter | None:
    """A filter, with all its nested ones."""
    if body is None:
        return None

    def conditions(part: Any) -> list[Any] | None:
        return [_condition(item) for item in as_list(part)] or None

    least = body.min_should
    return edge.Filter(
        must=conditions(body.must),
        should=conditions(body.should),
        must_not=conditions(body.must_not),
        min_should=edge.MinShould(conditions(least.conditions) or [], least.min_count) if least else None,
    )


def _condition(body: Any) -> Any:
    match body:
        case rest.Filter():
            return engine_filter(body)
        case rest.HasIdCondition():
            return edge.HasIdCondition({point_id(item) for item in body.has_id})
        case rest.HasVectorCondition():
            return edge.HasVectorCondition(body.has_vector)
        case rest.IsEmptyCondition():
            return edge.IsEmptyCondition(body.is_empty.key)
        case rest.IsNullCondition():
            return edge.IsNullCondition(body.is_null.key)
        case rest.NestedCondition():
            return edge.NestedCondition(body.nested.key, engine_filter(body.nested.filter) or edge.Filter())
        case rest.FieldCondition() if not (
            body.geo_bounding_box or body.geo_radius or body.geo_polygon or body.values_count
        ):
            return edge.FieldCondition(
                body.key,
                match=_match(body.match),
                range=_range(body.range),
                is_empty=body.is_empty,
                is_null=body.is_null,
            )
        case _:
            raise NotImplementedError(f"filter conditions {type(body).__name__} of this kind")


def _match(body: Any) -> Any:
    match body:
        case None:
            return None
        case rest.MatchValue():
            return edge.MatchValue(body.value)
        case rest.MatchAny():
            return edge.MatchAny(body.any)
        case rest.MatchExcept():
            return edge.MatchExcept(body.except_)
        case rest.MatchText():
            return edge.MatchText(body.text)
        case rest.MatchTextAny():
            return edge.MatchTextAny(body.text_any)
        case rest.MatchPhrase():
            return edge.MatchPhrase(body.phrase)
        case _:
            raise NotImplementedError(f"filter condition {type(body).__name__}")


def _range(body: Any) -> Any:
    if body is None:
        return None
    if isinstance(body, rest.Range):
        return edge.RangeFloat(gte=body.gte, gt=body.gt, lte=body.lte, lt=body.lt)
    limits = {name: value and value.isoformat() for name, value in body}
    return edge.RangeDateTime(**limits)


# --- queries ------------------------------------------------------------------------------------


def query_request(body: rest.QueryRequest) -> edge.QueryRequest:
    """A query with its prefetches; neither payload nor vectors unless asked for."""
    return edge.QueryRequest(
        limit=10 if body.limit is None else body.limit,
        offset=body.offset or 0,
        query=_query(body.query, body.using),
        prefetches=[_prefetch(item) for item in as_list(body.prefetch)] or None,
        filter=engine_filter(body.filter),
        params=_params(body.params),
        score_threshold=body.score_threshold,
        with_payload=payload_selector(body.with_payload, default=False),
        with_vector=body.with_vector or False,
    )


def _prefetch(body: rest.Prefetch) -> edge.Prefetch:
    return edge.Prefetch(
        limit=10 if body.limit is None else body.limit,
        query=_query(body.query, body.using),
        prefetches=[_prefetch(item) for item in as_list(body.prefetch)] or None,
        filter=engine_filter(body.filter),
        params=_params(body.params),
        score_threshold=body.score_threshold,
    )


def _query(body: Any, using: str | None) -> Any:
    match body:
        case None:
            return None
        case rest.NearestQuery(mmr=None):
            return _query(body.nearest, using)
        case list() | rest.SparseVector():
            return edge.Query.Nearest(engine_vector(body), using=using)
        case rest.FusionQuery():
            return edge.Fusion.Rrf(2) if body.fusion == rest.Fusion.RRF else edge.Fusion.Dbsf()
        case rest.RrfQuery():
            return edge.Fusion.Rrf(body.rrf.k or 2, body.rrf.weights)
        case rest.OrderByQuery():
            return order_by(body.order_by)
        case _:
            raise NotImplementedError(f"queries of type {type(body).__name__}")


def _params(body: rest.SearchParams | None) -> edge.SearchParams | None:
    if body is None:
        return None
    return edge.SearchParams(
        hnsw_ef=body.hnsw_ef, exact=bool(body.exact), indexed_only=bool(body.indexed_only)
    )


def order_by(body: str | rest.OrderBy | None) -> edge.OrderBy | None:
    """An order over one indexed payload field."""
    if body is None or isinstance(body, str):
        return edge.OrderBy(body) if body else None
    direction = edge.Direction.Desc if body.direction == rest.Direction.DESC else edge.Direction.Asc
    start: Any = body.start_from
    return edge.OrderBy(
        body.key, direction=direction, start_from=start.isoformat() if isinstance(start, date) else start
    )


def payload_selector(body: Any, *, default: bool) -> Any:
    """``None`` means the endpoint's own default."""
    match body:
        case None:
            return default
        case rest.PayloadSelectorInclude():
            return edge.PayloadSelector.Include(body.include)
        case rest.PayloadSelectorExclude():
            return edge.PayloadSelector.Exclude(body.exclude)
        case _:
            return body


# --- answers ------------------------------------------------------------------------------------


def record_json(point: edge.Record | edge.ScoredPoint) -> dict[str, Any]:
    """A point as JSON; scored ones carry version and score."""
    body: dict[str, Any] = {"id": id_json(point.id), "payload": point.payload}
    if point.vector is not None:
        body["vector"] = _vector_json(point.vector)
    if isinstance(point, edge.ScoredPoint):
        body |= {"version": point.version, "score": point.score}
    if point.order_value is not None:
        body["order_value"] = point.order_value
    return body


def id_json(value: Any) -> int | str | None:
    """UUIDs travel as text."""
    return value if value is None or isinstance(value, int) else str(value)


def _vector_json(value: Any) -> Any:
    if isinstance(value, edge.SparseVector):
        return {"indices": value.indices, "values": value.values}
    if isinstance(value, dict):
        return {name: _vector_json(vector) for name, vector in value.items()}
    return value
