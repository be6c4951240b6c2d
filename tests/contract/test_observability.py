"""What an operator sees of the real server: metrics over all workers, traces, and logs with one id."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.collector import Collector, running_collector
from tests.support.production import Model
from tests.support.real_api import bearer, running_api, workers
from tests.support.servers import Server, index_manual
from tests.support.stack import events, wait_for
from tests.support.vendors import vendors

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PRIVATE = "confidential words of a reader"


@dataclass(frozen=True)
class Observed:
    server: Server
    model: Model
    collector: Collector

    def metrics(self) -> dict[str, float]:
        """Every sample, as Prometheus writes its name and labels."""
        text = httpx.get(f"{self.server.url}/metrics").raise_for_status().text
        return {
            sample.name
            + "{" + ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items())) + "}": sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }  # fmt: skip


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    folder = tmp_path_factory.mktemp("observed")
    model = Model(usage=(300, 40))
    model.go_on.set()
    with vendors(model), running_collector() as collector:
        tracing = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}
        with running_api(index_manual(folder), model, folder, **tracing) as server:
            yield Observed(server, model, collector)


def test_every_scrape_tells_of_all_workers(observed: Observed) -> None:
    name = "footnote_requests_total{method=GET,route=/api/search,status=200}"
    before = observed.metrics().get(name, 0)
    searched = 40
    for _ in range(searched):
        httpx.get(f"{observed.server.url}/api/search", params={"q": "demo"}).raise_for_status()
    assert {observed.metrics()[name] for _ in range(10)} == {before + searched}
    dead = min(workers(observed.server))
    os.kill(dead, signal.SIGKILL)
    wait_for(lambda: dead not in workers(observed.server), "the worker's end")
    wait_for(lambda: len(workers(observed.server)) == 2, "a new worker")
    now = observed.metrics()
    assert now[name] == before + searched, "what the dead worker counted stays counted"
    assert now["footnote_requests_in_progress{}"] == 1, "this one; the dead worker's are over"


def test_metrics_tell_of_index_answers_and_tokens(observed: Observed) -> None:
    before = observed.metrics()
    ask = {"question": "How do I start the demo?"}
    httpx.post(
        f"{observed.server.url}/api/ask", json=ask, headers=bearer(observed.server.url)
    ).raise_for_status()
    now = observed.metrics()

    def grew(name: str) -> float:
        return now[name] - before.get(name, 0)

    assert grew("footnote_questions_total{}") == 1
    assert grew("footnote_llm_tokens_total{kind=input}") == 300
    assert grew("footnote_llm_tokens_total{kind=output}") == 40
    for stage in ("embed", "search", "answer", "total"):
        assert grew(f"footnote_stage_seconds_count{{stage={stage}}}") == 1
    assert now["footnote_index_ready{}"] == 1
    assert now["footnote_index_pages{}"] > 10
    assert 0 <= now["footnote_index_age_seconds{}"] < 3600
    assert any(name.startswith("footnote_index_generation_info{embedder=local/") for name in now)


def test_one_id_leads_from_the_browser_to_vendor_log_and_trace(observed: Observed) -> None:
    url = observed.server.url
    sent = bearer(url) | {"x-request-id": "reader-0815", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    answered = httpx.post(f"{url}/api/ask", json={"question": "How do I start the demo?"}, headers=sent)
    assert answered.raise_for_status().headers["x-request-id"] == "reader-0815"

    (told,) = [h for h in observed.model.headers if h.get("x-request-id") == "reader-0815"]
    assert told["x-client-request-id"] == "reader-0815"
    assert told["traceparent"].split("-")[1] == TRACE

    logged = events(observed.server.log.read_text())
    (line,) = [
        e for e in logged if e.get("request_id") == "reader-0815" and e["event"] == "question_answered"
    ]
    assert line["trace_id"] == TRACE

    def of_trace() -> dict[str, bytes]:
        return {s.name: s.parent_span_id for s in observed.collector.spans if s.trace_id.hex() == TRACE}

    wait_for(lambda: "POST /api/ask" in of_trace(), "the request's span")
    (request,) = observed.collector.named("POST /api/ask")[-1:]
    attributes = {a.key: a.value for a in request.attributes}
    assert attributes["footnote.request_id"].string_value == "reader-0815"
    assert attributes["http.response.status_code"].int_value == 200
    assert told["traceparent"].split("-")[2] == request.span_id.hex()
    stages = {name for name, parent in of_trace().items() if parent == request.span_id}
    assert {"embed", "search", "answer"} <= stages
    assert observed.collector.services == {"footnote-api"}


def test_what_readers_search_for_is_in_no_trace_and_no_log(observed: Observed) -> None:
    before = len(observed.collector.named("GET /api/search"))
    httpx.get(f"{observed.server.url}/api/search", params={"q": PRIVATE}).raise_for_status()
    httpx.get(f"{observed.server.url}/readyz").raise_for_status()
    wait_for(lambda: len(observed.collector.named("GET /api/search")) > before, "the search's span")
    assert not any(b"confidential" in body for body in observed.collector.raw)
    assert "confidential" not in observed.server.log.read_text()
    assert not observed.collector.named("GET /readyz")


def test_collector_that_is_gone_costs_readers_nothing(observed: Observed, tmp_path: Path) -> None:
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    with running_api(index_manual(tmp_path), observed.model, tmp_path, **settings) as server:
        assert httpx.get(f"{server.url}/api/search", params={"q": "demo"}).status_code == 200
        server.process.terminate()
        assert server.process.wait(20) == 0
