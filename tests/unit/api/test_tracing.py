"""When there are traces, and what stops the start."""

import subprocess
import sys

import pytest

from footnote_api.tracing import check_tracing, is_tracing
from footnote_core.errors import ConfigurationError

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}


@pytest.mark.parametrize(
    ("environ", "traced"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        (ENDPOINT, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://collector/v1/traces"}, True),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "true"}, False),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_traces_are_made_where_there_is_an_endpoint_for_them(environ: dict[str, str], traced: bool) -> None:
    check_tracing(environ)
    assert is_tracing(environ) is traced


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT is not valid"),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL is not valid"),
    ],
)
def test_traces_that_cannot_be_sent_stop_the_start(environ: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        check_tracing(environ)


def test_nothing_of_the_exporter_is_imported_without_an_endpoint() -> None:
    program = (
        "import sys; from footnote_api.main import create_app; from footnote_api.tracing import open_tracing;"
        "create_app(); open_tracing({}).__enter__();"
        "print(sorted(m for m in sys.modules if m.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))))"
    )
    told = subprocess.run([sys.executable, "-c", program], env={}, capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
