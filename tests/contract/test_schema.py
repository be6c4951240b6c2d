"""Requests made up from our own OpenAPI: every answer is one that it documents."""

import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import schemathesis
from chatkit.types import (
    ItemsFeedbackReq,
    ItemsListReq,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    ThreadsDeleteReq,
    ThreadsGetByIdReq,
    ThreadsListReq,
    ThreadsRetryAfterItemReq,
    ThreadsUpdateReq,
)
from fastapi import FastAPI
from hypothesis import HealthCheck
from hypothesis import settings as bounded
from pydantic import Field, TypeAdapter
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from footnote_api.deps import Services
from footnote_api.main import create_app, open_services
from footnote_api.metrics import Metrics
from footnote_api.sessions import Sessions
from footnote_core.settings import Settings
from tests.support.api import settings, small_index

CHATKIT = "/api/chatkit"
PROTOCOL: TypeAdapter[Any] = TypeAdapter(
    Annotated[
        ThreadsCreateReq
        | ThreadsAddUserMessageReq
        | ThreadsRetryAfterItemReq
        | ThreadsGetByIdReq
        | ThreadsListReq
        | ThreadsUpdateReq
        | ThreadsDeleteReq
        | ItemsListReq
        | ItemsFeedbackReq,
        Field(discriminator="type"),
    ]
)
"""What a chat panel sends."""

LIMITS = (
    "FOOTNOTE_QUESTIONS_PER_OWNER",
    "FOOTNOTE_QUESTIONS_PER_ADDRESS",
    "FOOTNOTE_SEARCHES_PER_ADDRESS",
    "FOOTNOTE_SESSIONS_PER_ADDRESS",
)
NOT_SUPPORTED = 501
CHECKS = {
    # A body that breaks the schema by being too large is refused for its size.
    "negative_data_rejection": {"expected-statuses": ["400", "401", "404", "405", "413", "422"]},
    "positive_data_acceptance": {"expected-statuses": ["2xx", "404"]},
    "not_a_server_error": {"expected-statuses": ["2xx", "4xx", str(NOT_SUPPORTED)]},
}
EXAMPLES = 40
"""For each operation, on top of the boundaries of each of its values; the same ones each time."""


@asynccontextmanager
async def _opened(given: Settings, metrics: Metrics) -> AsyncIterator[Services]:
    """The services of a real server over the small index, once the first request comes."""
    with TemporaryDirectory(prefix="footnote-schema-") as folder:
        index, _ = await small_index(Path(folder, "index"))
        await index.aclose()
        here = settings(
            FOOTNOTE_INDEX_PATH=str(Path(folder, "index")),
            FOOTNOTE_DATABASE_URL=f"sqlite:///{Path(folder, 'threads.db')}",
            **dict.fromkeys(LIMITS, "0"),
        )
        async with open_services(here, metrics) as services:
            yield services


def _described(app: FastAPI) -> dict[str, Any]:
    """Our OpenAPI, with ChatKit's own definition of what its endpoint takes in place of our outline."""
    schema = copy.deepcopy(app.openapi())
    protocol = PROTOCOL.json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    schema["components"]["schemas"] |= protocol.pop("$defs")
    schema["paths"][CHATKIT]["post"]["requestBody"]["content"]["application/json"] = {"schema": protocol}
    return schema


app = create_app(settings(), _opened)
described = schemathesis.openapi.from_dict(
    _described(app), config=schemathesis.Config.from_dict({"checks": CHECKS})
)
described.app = app


@described.auth()
class Reader:
    """Signs in as a new reader; the checks leave it out, to see that they are refused then."""

    def get(self, case: schemathesis.Case, context: schemathesis.AuthContext) -> str:
        return Sessions(settings().session_keys, ttl_seconds=600).issue().value

    def set(self, case: schemathesis.Case, data: str, context: schemathesis.AuthContext) -> None:
        case.headers["authorization"] = f"Bearer {data}"


@described.parametrize()
@bounded(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_a_request_made_up_from_the_schema(case: schemathesis.Case) -> None:
    # ChatKit's definition says nothing of empty questions, and takes `false` for the number 0.
    left_out = [positive_data_acceptance, negative_data_rejection] if case.path == CHATKIT else []
    case.call_and_validate(additional_checks=[refusals_are_ours], excluded_checks=left_out)


def refusals_are_ours(
    _: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """Every answer that is not 2xx is JSON with the error body, and none is a failure of the server."""
    if response.status_code < 300:
        return
    assert response.status_code < 500 or response.status_code == NOT_SUPPORTED
    assert response.headers["content-type"] == ["application/json"]
    assert set(response.json()) == {"code", "message", "details"}
    assert response.headers["x-request-id"]
