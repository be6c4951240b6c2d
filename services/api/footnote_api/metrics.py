"""Counters and histograms in Prometheus text, summed over all workers of one host.

Under gunicorn every worker writes to `PROMETHEUS_MULTIPROC_DIR` and any of them answers for all.
"""

import os
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from footnote_api.answerers.usage import Usage
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
        self._feedback = Counter(
            "footnote_feedback", "Readers' votes on answers.", ("kind", "reason"), registry=registry
        )
        self._pages, self._chunks, self._built_at = (
            Gauge(f"footnote_index_{name}", text, registry=registry, multiprocess_mode="mostrecent")
            for name, text in (
                ("pages", "Pages in the live generation of the index."),
                ("chunks", "Chunks in the live generation of the index."),
                ("built_timestamp_seconds", "When the live generation was built."),
            )
        )

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

    def feedback(self, kind: str, reason: str | None) -> None:
        """Count one vote on one or more answers."""
        self._feedback.labels(kind, reason or "").inc()

    def generation(self, info: GenerationInfo) -> None:
        """Note the generation that questions are answered from."""
        self._pages.set(info.pages)
        self._chunks.set(info.chunks)
        self._built_at.set(datetime.fromisoformat(info.created_at).timestamp())

    def exposition(self) -> bytes:
        """The text that Prometheus scrapes."""
        registry = self._registry
        if self._multiprocess_dir is not None:
            registry = CollectorRegistry()
            MultiProcessCollector(registry, path=self._multiprocess_dir)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def open_metrics() -> Metrics:
    """Metrics of this process; shared with its sister workers where the server has set that up."""
    return Metrics(os.environ.get("PROMETHEUS_MULTIPROC_DIR"))
