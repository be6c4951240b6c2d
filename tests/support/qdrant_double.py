"""The Qdrant test double as a process on a free port, for tests that need a server and no container."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

PACKAGE = Path(__file__).parents[2] / "infra/airgap/qdrant-double"
START_SECONDS = 30.0


@contextmanager
def running_qdrant_double(storage: Path, *, port: int | None = None, api_key: str = "") -> Iterator[str]:
    """Yield the URL of a double that keeps its data in ``storage``; killed on exit (its data survives)."""
    port = port or _free_port()
    url = f"http://127.0.0.1:{port}"
    env = os.environ | {
        "PYTHONPATH": str(PACKAGE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "QDRANT__SERVICE__HOST": "127.0.0.1",
        "QDRANT__SERVICE__HTTP_PORT": str(port),
        "QDRANT__SERVICE__API_KEY": api_key,
        "QDRANT__STORAGE__STORAGE_PATH": str(storage),
    }
    log = storage.with_name(f"{storage.name}.log")
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "qdrant_double"], env=env, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_ready(process, url, log)
        yield url
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def qdrant_double_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One double for the session; tests keep apart by their collection names."""
    with running_qdrant_double(tmp_path_factory.mktemp("qdrant") / "storage") as url:
        yield url


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/readyz", timeout=1).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError(f"the Qdrant double did not start on {url}; its log ends:\n{log.read_text()[-2000:]}")
