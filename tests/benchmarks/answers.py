"""Answers of the deployed API: refusals, citations, and the time to the first words."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx

from footnote_api.cli.client import ApiClient
from footnote_api.cli.evaluate import answered
from footnote_api.evaluation.metrics import Outcome, tallies
from footnote_api.evaluation.rows import Row
from footnote_api.evaluation.statistics import estimates, percentiles
from tests.support.servers import free_port, start_api


def measure(settings: dict[str, str], rows: Sequence[Row], folder: Path) -> dict[str, Any]:
    """Ask every question over HTTP, one at a time, of an API with two workers."""
    served = {**settings, "FOOTNOTE_WORKERS": "2", "OPENBLAS_NUM_THREADS": "1"}
    api = start_api(served, free_port(), ["http://localhost:3000"], folder / "api.log")
    try:
        with ApiClient(api.url) as client:
            outcomes = [Outcome(row, answered=answered(row, client.ask(row.question), 0.0)) for row in rows]
        with httpx.Client(base_url=api.url, timeout=30) as plain:
            secret = plain.post("/api/chatkit/session").json()["client_secret"]
            headers = {"authorization": f"Bearer {secret}", "accept": "text/event-stream"}
            first = [ms for row in rows if (ms := first_words_ms(plain, headers, row.question)) is not None]
            floor = [elapsed_ms(lambda: plain.get("/healthz")) for _ in rows]
    finally:
        api.stop()
    metrics = estimates([tallies(outcome) for outcome in outcomes])
    return {
        "metrics": {name: asdict(one) for name, one in metrics.items()},
        "first_words_ms": percentiles(first),
        "healthz_ms": percentiles(floor),
    }


def first_words_ms(client: httpx.Client, headers: dict[str, str], question: str) -> float | None:
    """Milliseconds until the first `delta` event of one answer; None when there was none."""
    began = perf_counter()
    with client.stream("POST", "/api/ask", json={"question": question}, headers=headers) as response:
        response.raise_for_status()
        for line in response.iter_lines():
            if line == "event: delta":
                return (perf_counter() - began) * 1000
    return None


def elapsed_ms(call: Callable[[], object]) -> float:
    began = perf_counter()
    call()
    return (perf_counter() - began) * 1000
