"""Every failure as the one error body: `{"code", "message", "details"}`.

Nothing of an unexpected exception leaves the process, and nothing that was sent is echoed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from footnote_api.validation import failure_for
from footnote_core.errors import FootnoteError, RateLimited

Details = dict[str, Any] | list[Any] | None


class ErrorBody(BaseModel):
    """The body of every answer that is not 2xx."""

    code: str = Field(description="stable name of the kind of failure", examples=["request_invalid"])
    message: str = Field(description="one sentence that says what to do")
    details: dict[str, Any] | list[Any] | None = Field(description="more for programs, or null")


def error_body(code: str, message: str, details: Details = None) -> dict[str, Any]:
    """The error body as JSON-ready values."""
    return {"code": code, "message": message, "details": details}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request was refused: the code that its answer has, and what the log says."""

    code: str
    reason: str


REFUSAL = "footnote.refusal"
"""Key of a request's scope, where the layer that logs and counts requests finds its Refusal."""


class ErrorResponse(JSONResponse):
    """The error body; when it is sent, the request's scope tells why."""

    def __init__(
        self, status: int, content: dict[str, Any], reason: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(content, status, headers)
        self._refusal = Refusal(content["code"], reason)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[REFUSAL] = self._refusal
        await super().__call__(scope, receive, send)


def error_response(
    status: int, code: str, message: str, details: Details = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The error body as a response."""
    return ErrorResponse(status, error_body(code, message, details), message, headers)


def failure_response(error: FootnoteError) -> Response:
    """A failure that we name, with the header that says what helps: `Retry-After` or `WWW-Authenticate`."""
    headers = {}
    if isinstance(error, RateLimited):
        headers["retry-after"] = str(error.retry_after_seconds)
    if error.status == 401:
        headers["www-authenticate"] = "Bearer"
    content = error_body(error.code, error.message, error.details)
    return ErrorResponse(error.status, content, error.reason, headers)


async def _on_failure(_: Request, error: Exception) -> Response:
    return failure_response(cast("FootnoteError", error))


async def _on_invalid(_: Request, error: Exception) -> Response:
    return failure_response(failure_for(cast("RequestValidationError", error).errors()))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: unknown paths, wrong methods, unreadable bodies."""
    refused = cast("HTTPException", error)
    headers = dict(refused.headers or {})
    if refused.status_code == 404:
        return error_response(
            404, "not_found", "There is nothing at this address. See /docs.", headers=headers
        )
    if refused.status_code == 405:
        message = f"{request.method} is not allowed here. See /docs."
        return error_response(405, "method_not_allowed", message, headers=headers)
    if refused.status_code < 500:
        return error_response(
            refused.status_code, "bad_request", "The request cannot be read.", headers=headers
        )
    return error_response(refused.status_code, "internal_error", "The request failed.", headers=headers)


def add_error_handlers(app: FastAPI) -> None:
    """Handlers for all that routes raise; what nobody expected is the middleware's."""
    app.add_exception_handler(FootnoteError, _on_failure)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_exception)
