"""The API as it is deployed: gunicorn, two workers, real sockets."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.api import QUESTION, small_index
from tests.support.vendors import KEY, Vendors, vendors

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "services/api/gunicorn.conf.py")]
START_SECONDS = 30.0
RANDOM = "6f1d0b8e5a7c42939d3e2f10b4a8c7655b0e9d1f7a3c48264d5e6f70819ab2c3"


@pytest.fixture(scope="module")
def index_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index") / "small"

    async def build() -> None:
        index, _ = await small_index(folder)
        await index.aclose()

    asyncio.run(build())
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return kept | {
        "FOOTNOTE_INDEX_PATH": str(folder / "nothing"),
        "FOOTNOTE_DATABASE_URL": f"sqlite:///{folder}/threads.db",
        "FOOTNOTE_API_PORT": str(free_port()),
        **more,
    }


@contextmanager
def serving(folder: Path, **more: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server that answers; its address and its master process."""
    env = environment(folder, **more)
    address = f"http://127.0.0.1:{env['FOOTNOTE_API_PORT']}"
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(COMMAND, env=env, cwd=folder, stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                httpx.get(f"{address}/healthz", timeout=5)
                break
            except httpx.TransportError:
                assert process.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
        yield address, process
    finally:
        process.terminate()
        process.wait(30)


def refusal(folder: Path, *arguments: str, **more: str) -> str:
    """What a start that is refused says; exactly one sentence that is not a log line."""
    env = environment(folder, **more)
    ended = subprocess.run([*COMMAND, *arguments], env=env, cwd=folder, capture_output=True, timeout=60)
    assert ended.returncode == 2, ended
    lines = [line for line in ended.stderr.decode().splitlines() if not line.startswith("{")]
    assert len(lines) == 1, lines
    assert "Traceback" not in lines[0]
    return lines[0]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"FOOTNOTE_WORKRS": "2"}, "FOOTNOTE_WORKERS"),
        ({"FOOTNOTE_CORS_ORIGINS": "*"}, "FOOTNOTE_CORS_ORIGINS"),
        ({"FOOTNOTE_SESSION_SECRET": "too-short"}, "FOOTNOTE_SESSION_SECRET"),
        ({"FOOTNOTE_ANSWERER": "openai"}, "OPENAI_API_KEY"),
        ({"FOOTNOTE_DATABASE_URL": "sqlite:////proc/no/threads.db"}, "FOOTNOTE_DATABASE_URL"),
        ({"FOOTNOTE_TRUSTED_PROXIES": "10.0.0.0/8,proxy"}, "FOOTNOTE_TRUSTED_PROXIES"),
        ({"FOOTNOTE_DATABASE_URL": "postgresql://127.0.0.1:1/none"}, "FOOTNOTE_DATABASE_URL"),
        ({"FOOTNOTE_BIND": "203.0.113.7"}, "FOOTNOTE_SESSION_SECRET must be set"),
        ({"FOOTNOTE_BIND": "0.0.0.0"}, "FOOTNOTE_BIND=0.0.0.0 lets other machines reach the API"),
        ({"FOOTNOTE_BIND": "::", "FOOTNOTE_SESSION_SECRET": "changeme" * 4}, "can be guessed"),
        ({"FOOTNOTE_BIND": "203.0.113.7", "FOOTNOTE_SESSION_SECRET": RANDOM}, "cannot be bound"),
    ],
)
def test_a_wrong_setting_ends_the_start(tmp_path: Path, values: dict[str, str], words: str) -> None:
    said = refusal(tmp_path, **values)
    assert words in said
    assert "too-short" not in said and "changeme" not in said


def test_a_port_in_use_ends_the_start(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert "in use" in refusal(tmp_path, FOOTNOTE_API_PORT=str(port))
        assert "in use" in refusal(tmp_path, "--bind", f"127.0.0.1:{port}")


def secret(address: str) -> dict[str, str]:
    body = httpx.post(f"{address}/api/chatkit/session").json()
    return {"authorization": f"Bearer {body['client_secret']}"}


def create(question: str = QUESTION) -> dict[str, Any]:
    content = [{"type": "input_text", "text": question}]
    message = {"content": content, "attachments": [], "inference_options": {}}
    return {"type": "threads.create", "params": {"input": message}}


async def test_two_workers_are_one_service(tmp_path: Path, index_folder: Path, database_url: str) -> None:
    with serving(tmp_path, FOOTNOTE_INDEX_PATH=str(index_folder), FOOTNOTE_DATABASE_URL=database_url) as (
        address,
        _,
    ):
        bearer = secret(address)
        for _ in range(20):  # each a connection of its own, so both workers take some
            made = httpx.post(f"{address}/api/chatkit", headers=bearer, json=create())
            thread = json.loads(made.text.split("\n\n")[0].removeprefix("data: "))["thread"]["id"]
            request = {"type": "threads.get_by_id", "params": {"thread_id": thread}}
            found = httpx.post(f"{address}/api/chatkit", headers=bearer, json=request)
            assert found.status_code == 200
            assert len(found.json()["items"]["data"]) == 2
        asked = subprocess.run(
            [
                sys.executable,
                "-c",
                "from footnote_api.cli.ask import main; main()",
                QUESTION,
                "--api",
                address,
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "[1] Lamp › Colour\n    http://localhost:3000/docs/lamp#colour" in asked.stdout
        text = httpx.get(f"{address}/metrics").text
        assert "footnote_questions_total 21.0" in text
        assert httpx.get(f"{address}/readyz").status_code == 200


def test_an_index_published_later_is_found_without_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    with serving(tmp_path, FOOTNOTE_INDEX_PATH=str(folder)) as (address, _):
        waiting = httpx.get(f"{address}/readyz")
        assert (waiting.status_code, waiting.json()["code"]) == (503, "index_not_ready")

        async def build() -> None:
            index, _ = await small_index(folder)
            await index.aclose()

        asyncio.run(build())
        for _ in range(6):
            assert httpx.get(f"{address}/readyz").status_code == 200
            assert httpx.get(f"{address}/api/search?q=lamp").json()["hits"]


@pytest.fixture
def slow_model() -> Iterator[Vendors]:
    with vendors() as running:
        running.answer = ["Set the colour of the lamp [1]. "] * 100
        running.pause_seconds = 0.1
        yield running


def with_model(vendor: Vendors, index_folder: Path) -> dict[str, str]:
    return {
        "FOOTNOTE_INDEX_PATH": str(index_folder),
        "OPENAI_BASE_URL": f"{vendor.url}/v1",
        "OPENAI_API_KEY": KEY,
        "FOOTNOTE_SESSION_SECRET": "a-secret-that-outlives-a-restart-of-it",
    }


def read_some(address: str, bearer: dict[str, str]) -> httpx.Response:
    """Open an answer, read until a sentence was cited, and leave it open."""
    client = httpx.Client(timeout=30)
    response = client.send(
        client.build_request("POST", f"{address}/api/chatkit", headers=bearer, json=create()), stream=True
    )
    for line in response.iter_lines():
        if "annotation_added" in line:
            break
    return response


def stored_answer(address: str, bearer: dict[str, str]) -> str:
    """The text of the assistant's message in the only conversation, once it is there."""
    deadline = time.monotonic() + 5
    while True:
        listed = httpx.post(
            f"{address}/api/chatkit", headers=bearer, json={"type": "threads.list", "params": {}}
        )
        thread = listed.json()["data"][0]["id"]
        request = {"type": "items.list", "params": {"thread_id": thread, "order": "asc"}}
        items = httpx.post(f"{address}/api/chatkit", headers=bearer, json=request).json()["data"]
        if len(items) == 2:
            return str(items[1]["content"][0]["text"])
        assert time.monotonic() < deadline, items
        time.sleep(0.05)


def test_a_stopped_answer_is_kept_and_the_model_is_let_go(
    tmp_path: Path, index_folder: Path, slow_model: Vendors
) -> None:
    with serving(tmp_path, **with_model(slow_model, index_folder)) as (address, _):
        bearer = secret(address)
        read_some(address, bearer).close()
        text = stored_answer(address, bearer)
        assert text.startswith("Set the colour of the lamp.")
        assert text.count("Set") < 50


def test_a_server_that_is_told_to_end_keeps_what_was_said(
    tmp_path: Path, index_folder: Path, slow_model: Vendors
) -> None:
    slow_model.answer *= 10
    with serving(tmp_path, **with_model(slow_model, index_folder)) as (address, process):
        bearer = secret(address)
        reading = read_some(address, bearer)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        assert time.monotonic() - began < 15
        reading.close()
    with serving(tmp_path, **with_model(slow_model, index_folder)) as (address, _):
        assert stored_answer(address, bearer).startswith("Set the colour of the lamp.")
