"""What one connection may send before there is a request that the application can judge.

uvicorn reads the head of a request however large it becomes and however slowly it comes, and takes
what follows a chunked body for headers. Here the head is bounded in size and time, what follows a
body is ignored, and a refusal has the error body and a line in the log, and is counted.
"""

import asyncio
from typing import TYPE_CHECKING, Any

import httptools
from pydantic_core import to_json
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from footnote_api.error_handlers import error_body
from footnote_core import log

if TYPE_CHECKING:  # gunicorn imports this file before it says where metrics are shared
    from footnote_api.metrics import Metrics

HEAD_BYTES = 32 * 1024
"""Of a request line and its headers. Browsers send 1 to 2 kB, and cookies of other services 8 kB more."""

HEAD_SECONDS = 20.0
"""For a whole head, from the connection or from its first byte; also for a body that was refused before its end."""

METRICS = "metrics"
"""Key of the lifespan's state, where the application that is served puts its metrics."""

_TOO_LARGE = b"431 Request Header Fields Too Large"
_UNREADABLE = b"400 Bad Request"


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, for clients that mean no good."""

    head_bytes = HEAD_BYTES
    head_seconds = HEAD_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pending = 0
        """Bytes since a part of a request was whole: of a head, or of what follows a body."""
        self._in_head = True
        self._in_message = False
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self._pending += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # there is no other protocol here: the request is answered as it stands
        except httptools.HttpParserError:
            self._refuse(_UNREADABLE)
        if self._pending > self.head_bytes:
            self._refuse(_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = self._in_message = True
        if self._patience is None:
            self._wait()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._pending = 0
        self._wait_no_more()
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > self.head_bytes:
            self._refuse(_TOO_LARGE)
            raise ValueError("ends the parser's work on this connection")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._pending = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._pending = 0
        self._in_message = False
        self._wait_no_more()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if self._in_message and self._patience is None:
            self._wait()
        super().on_response_complete()

    def _refuse(self, status: bytes) -> None:
        if self.transport.is_closing():
            return
        too_large = status == _TOO_LARGE
        code = "too_large" if too_large else "bad_request"
        reason = "The request's headers are too large." if too_large else "The request is not valid HTTP."
        self._note(code, int(status[:3]), reason)
        body = to_json(error_body(code, reason))
        head = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(head % (status, len(body)) + body)
        self.transport.close()

    def _note(self, code: str, status: int, reason: str) -> None:
        log.event("connection_refused", code=code, status=status, reason=reason)
        metrics: Metrics | None = self.app_state.get(METRICS)
        if metrics is not None:
            metrics.refused(code, "")

    def _wait(self) -> None:
        self._patience = self.loop.call_later(self.head_seconds, self._lose_patience)

    def _wait_no_more(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _lose_patience(self) -> None:
        self._patience = None
        if self._in_message and self._in_head:  # else nothing was asked, or the application has refused it
            self._note("bad_request", 408, "The request's headers did not arrive in time.")
        self.transport.close()
