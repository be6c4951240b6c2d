"""One JSON line per event on standard error, with the ids of the request where there is one.

Only the doors (ingest's `__main__`, the API's `main`) call `configure`.
"""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""The request's place in a trace, as W3C writes it: version, trace, span and flags, with `-` between."""

_logger = logging.getLogger("footnote")


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        if (current := request_id.get()) is not None:
            line["request_id"] = current
        if (current := traceparent.get()) is not None:
            line["trace_id"] = current.split("-")[1]
        line.update(getattr(record, "fields", {}))
        if record.name != _logger.name:
            line["logger"] = record.name
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(level: str = "info") -> None:
    """Send every log record of the process to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    _logger.setLevel(level.upper())


def request_headers() -> dict[str, str]:
    """The ids of the current request, for a request of ours to a vendor; empty outside of one."""
    headers: dict[str, str] = {}
    if (current := request_id.get()) is not None:
        # The first is what OpenAI records and shows; the second what other servers and proxies log.
        headers |= {"x-client-request-id": current, "x-request-id": current}
    if (current := traceparent.get()) is not None:
        headers["traceparent"] = current
    return headers


def event(name: str, /, **fields: Any) -> None:
    """Log a past-tense event. Never pass question text, keys or secrets."""
    _logger.info(name, extra={"fields": fields})


def warning(name: str, /, **fields: Any) -> None:
    """Log something an operator should look at; the product goes on."""
    _logger.warning(name, extra={"fields": fields})


def failure(name: str, /, **fields: Any) -> None:
    """Log a failure with the traceback of the exception being handled."""
    _logger.error(name, extra={"fields": fields}, exc_info=True)
