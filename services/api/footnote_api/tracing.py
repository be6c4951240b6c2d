"""Traces of requests and the stages of an answer, by the OTEL_* variables that OpenTelemetry defines.

Without an endpoint nothing is imported and nothing recorded. FastAPI makes the span of a request; the
stages are added here when they have ended, because an answer is a generator and no block of code.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from time import time_ns
from typing import TYPE_CHECKING

from opentelemetry import trace
from starlette.types import Scope

from footnote_core.errors import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Span, TracerProvider

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_SERVICE = "footnote-api"
_FLUSH_SECONDS = 1.5
"""At the end of the process, for spans that were not sent yet; a collector may be gone."""
_UNTRACED = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by machines every few seconds."""


def is_tracing(environ: Mapping[str, str]) -> bool:
    """Whether the variables ask for traces."""
    off = (
        environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
        or environ.get("OTEL_TRACES_EXPORTER") == "none"
    )
    return not off and any(environ.get(name) for name in _ENDPOINTS)


def check_tracing(environ: Mapping[str, str]) -> None:
    """Raise ConfigurationError when traces are asked for that cannot be made."""
    if not is_tracing(environ):
        return
    name, endpoint = next((name, environ[name]) for name in _ENDPOINTS if environ.get(name))
    if not endpoint.startswith(("http://", "https://")):
        raise ConfigurationError(f"{name} is not valid: must start with http:// or https://.")
    protocol = next((environ[name] for name in _PROTOCOLS if environ.get(name)), "http/protobuf")
    if protocol != "http/protobuf":
        raise ConfigurationError("OTEL_EXPORTER_OTLP_PROTOCOL is not valid: only http/protobuf is spoken.")
    if find_spec("opentelemetry.exporter") is None:
        raise ConfigurationError(
            f"{name} is set, but footnote-api was installed without its extra `tracing`."
        )


@contextmanager
def open_tracing(environ: Mapping[str, str]) -> Iterator[None]:
    """Record and send spans while inside, where the variables ask for it."""
    if not is_tracing(environ):
        yield
        return
    provider = _provider()
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        flush = threading.Thread(target=provider.force_flush, daemon=True)
        flush.start()
        flush.join(_FLUSH_SECONDS)


def is_untraced(scope: Scope) -> bool:
    """Whether a request is none of a reader's."""
    return scope.get("path") in _UNTRACED


def join_trace(request_id: str) -> str | None:
    """Put the request's id on its span; returns the span's place in the trace as a `traceparent` header."""
    span = trace.get_current_span()
    place = span.get_span_context()
    if not place.is_valid:
        return None
    span.set_attribute("footnote.request_id", request_id)
    return f"00-{place.trace_id:032x}-{place.span_id:016x}-{place.trace_flags:02x}"


def record_stage(stage: str, seconds: float) -> None:
    """Add a stage of the current request that has just ended."""
    if not trace.get_current_span().is_recording():
        return
    ended = time_ns()
    span = trace.get_tracer("footnote").start_span(stage, start_time=ended - int(seconds * 1e9))
    span.end(ended)


def _provider() -> "TracerProvider":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    class WithoutQuery(SpanProcessor):
        """What a reader searched for stands in the query and goes nowhere."""

        def on_start(self, span: "Span", parent_context: object = None) -> None:
            if span.attributes and "url.query" in span.attributes:
                span.set_attribute("url.query", "REDACTED")

    resource = Resource({"service.name": _SERVICE}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(WithoutQuery())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
