"""The index freezes, crashes, comes back: the API says so in time and recovers by itself."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.stack import Stack, wait_for

QUESTION = "How do I start the demo?"
IN_TIME_SECONDS = 8.0


def _ready(stack: Stack) -> bool:
    with stack.api() as api:
        return api.get("/readyz").status_code == 200


@pytest.fixture(autouse=True)
def recovered(stack: Stack) -> Iterator[None]:
    """Leave a working stack to the next test."""
    wait_for(lambda: _ready(stack), "the API")
    yield
    wait_for(lambda: _ready(stack), "the API")


def test_frozen_index_is_reported_within_seconds_and_then_forgotten(stack: Stack) -> None:
    qdrant = stack.container("qdrant")
    qdrant.pause()
    try:
        began = time.monotonic()
        asked = stack.ask(QUESTION)
        took = time.monotonic() - began
        with stack.api() as api:
            ready = api.get("/readyz")
            alive = api.get("/healthz")
            searched = api.get("/api/search", params={"q": "demo"}, headers={"origin": stack.site_url})
    finally:
        qdrant.unpause()
    for answer in (asked, ready, searched):
        assert answer.status_code == 503
        assert answer.json()["code"] == "index_not_ready"
    assert took < IN_TIME_SECONDS
    assert alive.status_code == 200
    assert searched.headers["access-control-allow-origin"] == stack.site_url
    wait_for(lambda: stack.ask(QUESTION).status_code == 200, "an answer after the freeze", 10)


def test_crashed_index_comes_back_with_the_same_data(stack: Stack) -> None:
    before = _hits(stack)
    qdrant = stack.container("qdrant")
    qdrant.exec_run(["bash", "-c", "kill -9 $(cat /proc/1/task/1/children)"])

    def restarted() -> bool:
        qdrant.reload()
        return bool(qdrant.attrs["RestartCount"]) and qdrant.attrs["State"]["Health"]["Status"] == "healthy"

    wait_for(restarted, "Qdrant to be started again")
    assert _hits(stack) == before


def _hits(stack: Stack) -> list[dict[str, Any]]:
    with stack.api() as api:
        hits: list[dict[str, Any]] = (
            api.get("/api/search", params={"q": "settings", "limit": 50}).raise_for_status().json()["hits"]
        )
    assert hits
    return hits


def test_unplugged_index_is_reported_and_found_again(stack: Stack) -> None:
    qdrant = stack.container("qdrant")
    network = qdrant.client.networks.get(f"{stack.project}_footnote")
    network.disconnect(qdrant)
    try:
        unplugged = stack.ask(QUESTION)
    finally:
        network.connect(qdrant, aliases=["qdrant"])
    assert unplugged.status_code == 503
    assert unplugged.json()["code"] == "index_not_ready"
    wait_for(lambda: stack.ask(QUESTION).status_code == 200, "an answer after the cable is back", 15)


def test_killed_worker_is_replaced(stack: Stack) -> None:
    workers = stack.api_workers()
    stack.container("api").exec_run(["bash", "-c", f"kill -9 {workers[0]}"])
    wait_for(lambda: stack.ask(QUESTION).status_code == 200, "an answer by the other worker", 10)

    def replaced() -> bool:
        now = stack.api_workers()
        return len(now) == len(workers) and workers[0] not in now

    wait_for(replaced, "a new worker")
