"""Counters and histograms in Prometheus text, summed over all workers of one host.

Under gunicorn every worker writes to `PROMETHEUS_MULTIPROC_DIR` and any of them answers for all. What
is known of the index is asked when Prometheus asks: each worker may have seen another generation last.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from footnote_api.answerers.usage import Usage
from footnote_api.shared_metrics import read_all
from footnote_core import __version__
from footnote_core.index import GenerationInfo

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The measurements of one application. `multiprocess_dir` None: this process only."""

    def __init__(self, multiprocess_dir: str | None = None) -> None:
        self._multiprocess_dir = multiprocess_dir
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "footnote_requests", "Requests answered.", ("route", "method", "status"), registry=registry
        )
        self._request_seconds = Histogram(
            "footnote_request_seconds",
            "Time to the last byte.",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._stage_seconds = Histogram(
            "footnote_stage_seconds",
            "Time of one stage of a question.",
            ("stage",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._questions = Counter("footnote_questions", "Questions answered or refused.", registry=registry)
        self._refusals = Counter(
            "footnote_refusals", "Questions that the docs do not answer.", registry=registry
        )
        self._degradations = Counter(
            "footnote_degradations", "Stages done without their vendor.", ("stage",), registry=registry
        )
        self._tokens = Counter(
            "footnote_llm_tokens", "Tokens of the answering model.", ("kind",), registry=registry
        )
        self._sentences = Counter(
            "footnote_sentences", "Sentences checked against the docs.", ("outcome",), registry=registry
        )
        self._refused = Counter(
            "footnote_requests_refused",
            "Requests refused, by the code of the answer and the limit that was reached.",
            ("code", "limit"),
            registry=registry,
        )
        self._feedback = Counter(
            "footnote_feedback", "Readers' votes on answers.", ("kind", "reason"), registry=registry
        )
        self._in_progress = Gauge(
            "footnote_requests_in_progress",
            "Requests whose answer has not ended, such as streams.",
            registry=registry,
            multiprocess_mode="livesum",
        )

    @contextmanager
    def in_progress(self) -> Iterator[None]:
        """Count one request while it lasts."""
        self._in_progress.inc()
        try:
            yield
        finally:
            self._in_progress.dec()

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request under its route's pattern, never under its path."""
        method = method if method in ("GET", "HEAD", "POST", "OPTIONS") else "other"
        self._requests.labels(route, method, status).inc()
        self._request_seconds.labels(route).observe(seconds)

    def question(self, stages_ms: dict[str, float], *, refused: bool) -> None:
        """Count one answered question and the milliseconds of its stages."""
        self._questions.inc()
        if refused:
            self._refusals.inc()
        for stage, milliseconds in stages_ms.items():
            self._stage_seconds.labels(stage).observe(milliseconds / 1000)

    def degraded(self, stage: str) -> None:
        """Count a stage that went on without its vendor."""
        self._degradations.labels(stage).inc()

    def spend(self, usage: Usage) -> None:
        """Count the tokens of one call of the answering model."""
        self._tokens.labels("input").inc(usage.input_tokens)
        self._tokens.labels("output").inc(usage.output_tokens)

    def sentences(self, *, kept: int, moved: int, cut: int) -> None:
        """Count the checked sentences of one answer: cited right, moved to another passage, not shown."""
        for outcome, count in (("kept", kept), ("moved", moved), ("cut", cut)):
            self._sentences.labels(outcome).inc(count)

    def refused(self, code: str, limit: str) -> None:
        """Count one refused request, or connection without one; `limit` is the setting that was reached, or ""."""
        self._refused.labels(code, limit).inc()

    def feedback(self, kind: str, reason: str | None) -> None:
        """Count one vote on one or more answers."""
        self._feedback.labels(kind, reason or "").inc()

    def exposition(self, live: GenerationInfo | None) -> bytes:
        """The text that Prometheus scrapes. `live` is what answers come from now, None when nothing can."""
        now = CollectorRegistry()
        now.register(_Now(live))
        shared = self._multiprocess_dir
        counted = generate_latest(self._registry) if shared is None else read_all(shared)
        return counted + generate_latest(now)


class _Now(Collector):
    """What is true at this moment and of no worker in particular."""

    def __init__(self, live: GenerationInfo | None) -> None:
        self._live = live

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("footnote_build_info", "The running version.", labels=("version",))
        build.add_metric((__version__,), 1)
        yield build
        live = self._live
        yield GaugeMetricFamily("footnote_index_ready", "1 when questions can be answered.", value=bool(live))
        if live is None:
            return
        built_at = datetime.fromisoformat(live.created_at).timestamp()
        generation = GaugeMetricFamily(
            "footnote_index_generation_info", "The live generation.", labels=("generation", "embedder")
        )
        generation.add_metric((live.fingerprint[:12], live.embedder), 1)
        yield generation
        for name, text, value in (
            ("pages", "Pages in the live generation.", live.pages),
            ("chunks", "Chunks in the live generation.", live.chunks),
            ("built_timestamp_seconds", "When the live generation was built.", built_at),
            ("age_seconds", "How long ago that was.", time.time() - built_at),
        ):
            yield GaugeMetricFamily(f"footnote_index_{name}", text, value=value)


def open_metrics() -> Metrics:
    """Metrics of this process; shared with its sister workers where the server has set that up."""
    return Metrics(os.environ.get("PROMETHEUS_MULTIPROC_DIR"))
