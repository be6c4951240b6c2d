"""The API as it is run: gunicorn with its configuration file and several workers, before a stand-in model."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.servers import ROOT, Server, environment, free_port, start
from tests.support.vendors import KEY, Vendors

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def running_api(index: Mapping[str, str], model: Vendors, folder: Path, **settings: str) -> Iterator[Server]:
    """Serve an `index` (the settings of `index_manual`) until the end; its log is in `folder`."""
    port = free_port()
    given = {
        "FOOTNOTE_ANSWERER": "openai",
        "FOOTNOTE_API_PORT": str(port),
        "FOOTNOTE_DATABASE_URL": f"sqlite:///{folder / 'threads.db'}",
        "FOOTNOTE_FIRST_WORDS_SECONDS": "20",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{model.url}/v1",
    }
    command = [str(ROOT / ".venv/bin/gunicorn"), "-c", "services/api/gunicorn.conf.py"]
    env = environment(**{**index, **given, **settings})
    server = start(command, ROOT, env, folder / "api.log", f"http://127.0.0.1:{port}", "/readyz")
    try:
        yield server
    finally:
        server.stop()


def workers(server: Server) -> set[int]:
    """Process ids of gunicorn's workers."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    return {int(pid) for pid in children.read_text().split()}


def bearer(url: str) -> dict[str, str]:
    """The headers of a new reader."""
    secret = httpx.post(f"{url}/api/chatkit/session").raise_for_status().json()["client_secret"]
    return {"authorization": f"Bearer {secret}"}


def resident_mb(server: Server) -> float:
    """Resident memory of the workers in MB; what they share counts for each."""
    pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in workers(server))
    return sum(pages) * _PAGE_BYTES / 1e6


def cpu_seconds_of(processes: set[int]) -> float:
    """CPU time that they have used since they began."""
    stats = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in processes)
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / _TICKS
