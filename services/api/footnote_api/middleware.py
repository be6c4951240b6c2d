"""Pure ASGI layers around the application, outermost first: request id, CORS, catch-all, body limit."""

import asyncio
import re
import time
import uuid
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from footnote_api.error_handlers import REFUSAL, Refusal, error_response, failure_response
from footnote_api.metrics import Metrics
from footnote_api.nesting import MAX_DEPTH, is_too_deep
from footnote_api.tracing import join_trace
from footnote_core import log
from footnote_core.errors import BadRequest, FootnoteError, RateLimited, TooLarge

MAX_BODY_BYTES = 64 * 1024
"""A question has at most 4,000 characters and a history 16 kB: this leaves room for escapes."""

BODY_SECONDS = 20.0
"""For the whole body: even a slow line needs a second for a question."""

READER_LEFT = 499
"""The status, as nginx calls it, of a request whose reader went away before there was an answer."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_CLIENT_HEADERS = (
    "authorization",
    "content-type",
    "accept-language",
    "chatkit-frame-instance-id",
    "x-request-id",
)


class Cors(CORSMiddleware):
    """Starlette's CORS; a refused preflight has the error body too."""

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        headers = {k: v for k, v in response.headers.items() if k not in ("content-length", "content-type")}
        message = "This origin, method or header is not allowed. See FOOTNOTE_CORS_ORIGINS."
        return error_response(response.status_code, "bad_request", message, headers=headers)


class RequestId:
    """Takes or makes `x-request-id`, returns it, puts it on every log line.

    Counts the request, and logs and counts it once if it is refused, by whatever is inside.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        token = log.request_id.set(request_id)
        traced = log.traceparent.set(join_trace(request_id))
        began = time.perf_counter()
        status = READER_LEFT

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        try:
            with self.metrics.in_progress():
                await self.app(scope, receive, send_with_id)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            self.metrics.request(route, scope["method"], status, time.perf_counter() - began)
            if refusal := scope.get(REFUSAL):
                self._refused(refusal, route, scope["method"], status)
            log.request_id.reset(token)
            log.traceparent.reset(traced)

    def _refused(self, refusal: Refusal, route: str, method: str, status: int) -> None:
        limit = refusal.reason if refusal.code == RateLimited.code else ""
        self.metrics.refused(refusal.code, limit)
        if refusal.code == FootnoteError.code:
            return  # of nobody's making, and in the log with its traceback
        say = log.event if status < 500 else log.warning
        say(
            "request_refused",
            code=refusal.code,
            status=status,
            route=route,
            method=method,
            reason=refusal.reason,
        )


class CatchAll:
    """Turns what nobody expected into a 500 that tells nothing; the log has the traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception:
            log.failure("request_failed", path=scope["path"], method=scope["method"])
            if started:
                raise  # too late for a status: the server cuts the connection
            message = "Something went wrong here. Try again; the request id helps the operator."
            await error_response(500, "internal_error", message)(scope, receive, send)


class BodyLimit:
    """Reads the body before the application does.

    Refuses one above `max_bytes`, one that is compressed or nested too deeply, and one that has not
    arrived in `seconds`.
    """

    def __init__(self, app: ASGIApp, max_bytes: int = MAX_BODY_BYTES, seconds: float = BODY_SECONDS) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self.seconds):
                body = await self._read(Headers(scope=scope), receive)
        except TimeoutError:
            headers = {"connection": "close"}
            await error_response(
                408, "bad_request", "The request body did not arrive in time.", headers=headers
            )(scope, receive, send)
            return
        except FootnoteError as error:
            await failure_response(error)(scope, receive, send)
            return
        if body is None:
            return
        replayed = False

        async def replay() -> Message:
            nonlocal replayed
            if replayed:
                return await receive()
            replayed = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replay, send)

    async def _read(self, headers: Headers, receive: Receive) -> bytes | None:
        """The whole body, or None where the reader goes away. Raises BadRequest or TooLarge."""
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise BadRequest("Compressed bodies are not accepted. Send the JSON as it is.")
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self.max_bytes:
            raise self._too_large()
        body: bytes = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > self.max_bytes:
                raise self._too_large()
            if not message.get("more_body", False):
                break
        if is_too_deep(body):
            raise BadRequest(f"The JSON is nested too deeply; {MAX_DEPTH} levels are allowed.")
        return body

    def _too_large(self) -> TooLarge:
        return TooLarge("The request body is too large. Send less.", {"max_bytes": self.max_bytes})


def layers(origins: Sequence[str], metrics: Metrics) -> list[Middleware]:
    """The middleware of the application, outermost first: CORS headers stand on every answer."""
    return [
        Middleware(RequestId, metrics=metrics),
        Middleware(
            Cors,
            allow_origins=origins,
            allow_methods=("GET", "POST"),
            allow_headers=_CLIENT_HEADERS,
            expose_headers=("retry-after", "x-request-id"),
        ),
        Middleware(CatchAll),
        Middleware(BodyLimit),
    ]
