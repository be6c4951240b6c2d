"""Restarts of the real server under readers: answers end, and no request is lost."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse
from uvicorn.config import Config

from footnote_api.worker import LingeringServer
from tests.support.production import Model
from tests.support.real_api import bearer, running_api, workers
from tests.support.servers import index_manual
from tests.support.stack import wait_for
from tests.support.vendors import vendors

QUESTION = {"question": "How do I start the demo?"}
RELOADS = 3
READERS = 8


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return index_manual(tmp_path_factory.mktemp("index"))


@pytest.fixture
def model() -> Iterator[Model]:
    model = Model()
    with vendors(model):
        yield model
        model.go_on.set()


class Reading(threading.Thread):
    """A reader of one streamed answer. `begun` is set at its first words, which the model then waits on."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.begun = threading.Event()
        self.events: list[str] = []
        self.start()

    def run(self) -> None:
        headers = bearer(self.url) | {"accept": "text/event-stream"}
        ask = httpx.stream("POST", f"{self.url}/api/ask", json=QUESTION, headers=headers, timeout=60)
        try:
            with ask as response:
                for line in response.iter_lines():
                    if line.startswith("event: "):
                        self.events.append(line.removeprefix("event: "))
                        self.begun.set()
        except httpx.TransportError as error:
            self.events.append(type(error).__name__)


def test_reload_loses_no_request_and_answers_go_on(
    index: dict[str, str], model: Model, tmp_path: Path
) -> None:
    with running_api(index, model, tmp_path) as server:
        reading = Reading(server.url)
        assert reading.begun.wait(20)
        first = workers(server)
        stop = threading.Event()

        def ask_on(number: int) -> int:
            """New connections and kept ones, as a proxy and a browser have them."""
            kept = httpx.Limits(max_keepalive_connections=number % 2)
            answered = 0
            with httpx.Client(base_url=server.url, timeout=30, limits=kept) as client:
                while not stop.is_set():
                    client.post("/api/chatkit/session").raise_for_status()
                    answered += 1
            return answered

        with ThreadPoolExecutor(READERS) as pool:
            readers = [pool.submit(ask_on, number) for number in range(READERS)]
            for reload in range(RELOADS):
                before = workers(server)
                if reload == 0:  # the master waits until the old workers have ended: before, it has new ones
                    os.kill(server.process.pid, signal.SIGHUP)
                    wait_for(lambda known=before: len(workers(server) - known) == 2, "new workers")
                    assert not {"done", "error"} & set(reading.events)
                    model.go_on.set()
                    reading.join(20)
                else:
                    os.kill(server.process.pid, signal.SIGHUP)
                wait_for(lambda known=before: not known & workers(server), "the old workers' end", 60)
            stop.set()
            answered = [reader.result(timeout=30) for reader in readers]
        assert all(answered)
        assert not first & workers(server)
        assert reading.events[-1] == "done"
        assert httpx.get(f"{server.url}/readyz").status_code == 200


def test_stop_lets_an_answer_end(index: dict[str, str], model: Model, tmp_path: Path) -> None:
    with running_api(index, model, tmp_path) as server:
        reading = Reading(server.url)
        assert reading.begun.wait(20)
        server.process.terminate()
        wait_for(lambda: _refuses(server.url), "the port to close")
        model.go_on.set()
        reading.join(20)
        assert reading.events[-1] == "done"
        assert server.process.wait(20) == 0


def test_stop_does_not_wait_longer_than_it_was_told(
    index: dict[str, str], model: Model, tmp_path: Path
) -> None:
    with running_api(index, model, tmp_path, FOOTNOTE_SHUTDOWN_SECONDS="1") as server:
        reading = Reading(server.url)
        assert reading.begun.wait(20)
        server.process.terminate()
        assert server.process.wait(20) == 0, "the model would go on for as long as it is let"
        reading.join(20)
        assert "done" not in reading.events


def test_files_of_metrics_are_those_of_living_workers_and_gone_after_a_stop(
    index: dict[str, str], model: Model, tmp_path: Path
) -> None:
    (tmp_path / "tmp").mkdir()
    with running_api(index, model, tmp_path, TMPDIR=str(tmp_path / "tmp")) as server:
        before = workers(server)
        (directory,) = (tmp_path / "tmp").glob("footnote-metrics-*")
        for _ in range(20):
            httpx.get(f"{server.url}/healthz").raise_for_status()
        os.kill(server.process.pid, signal.SIGHUP)
        wait_for(lambda: not before & workers(server), "the old workers' end", 60)
        assert httpx.get(f"{server.url}/readyz").status_code == 200
        owners = {int(file.stem.rpartition("_")[2]) for file in directory.glob("*.db")}
        assert owners <= workers(server) | {0}
        text = httpx.get(f"{server.url}/metrics").text
        assert 'footnote_requests_total{method="GET",route="/healthz",status="200"} 20.0' in text
        server.process.terminate()
        assert server.process.wait(20) == 0
    assert not list((tmp_path / "tmp").iterdir())


async def test_request_on_its_way_is_answered_and_the_client_sent_elsewhere() -> None:
    """A connection without a request is not closed: its request may have been written already."""
    server = LingeringServer(Config(PlainTextResponse("served"), lifespan="off", log_config=None))
    server.linger_seconds = 20
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        running = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection(*address)
        while not server.server_state.connections:
            await asyncio.sleep(0.01)
        server.should_exit = True
        while any(one.is_serving() for one in server.servers):
            await asyncio.sleep(0.01)
        writer.write(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        answer = (await reader.read()).decode().lower()
        await running
        writer.close()
    assert answer.startswith("http/1.1 200")
    assert "connection: close" in answer
    assert answer.endswith("served")


def _refuses(url: str) -> bool:
    try:
        httpx.get(f"{url}/healthz", timeout=1)
    except httpx.ConnectError:
        return True
    return False
