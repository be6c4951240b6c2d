"""Searches a second beside a bare FastAPI route on the same server, by wrk; part of `load`."""

import json
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI

from tests.support.real_api import resident_mb
from tests.support.servers import ROOT, Server, environment, free_port, start

QUESTIONS = Path(__file__).parent / "questions/manual.jsonl"
CONNECTIONS = (1, 2, 4, 8, 16, 32)
P99_MS = 50
NEW, AGAIN, BARE = "footnote, new words", "footnote, the same words again", "bare route"


def bare() -> FastAPI:
    """The floor of a search: the same server and framework, the same query, nothing behind it."""
    app = FastAPI(openapi_url=None)

    @app.get("/api/search")
    async def search(q: str, limit: int = 10) -> dict[str, Any]:
        return {"hits": [], "took_ms": 0.0}

    @app.get("/readyz")
    async def readyz() -> dict[str, str]:
        return {"status": "ok"}

    return app


def searches(server: Server, folder: Path, rounds: int, seconds: float) -> dict[str, Any]:
    """The most searches a second at which p99 keeps within P99_MS, and the same of the bare route.

    Ours are asked twice: with words that nobody searched for before, and with the same ones again and again.
    """
    scripts = {name: folder / f"{name}.lua" for name in ("new", "again")}
    for name, script in scripts.items():
        script.write_text(_lua(new=name == "new"), encoding="utf-8")
    before = resident_mb(server)
    measured: dict[str, dict[int, list[tuple[float, float, int]]]] = {NEW: {}, AGAIN: {}, BARE: {}}
    with _bare_server(folder) as floor:
        for _ in range(rounds):
            for connections in CONNECTIONS:
                for name, url, script in (
                    (NEW, server.url, scripts["new"]),
                    (AGAIN, server.url, scripts["again"]),
                    (BARE, floor.url, scripts["new"]),
                ):
                    runs = measured[name].setdefault(connections, [])
                    runs.append(_wrk(url, script, connections, seconds))
    table: dict[str, Any] = {}
    for name, by_connections in measured.items():
        rows = {
            connections: {
                "per_second": round(statistics.median(run[0] for run in runs)),
                "p99_ms": round(statistics.median(run[1] for run in runs), 1),
                "errors": sum(run[2] for run in runs),
            }
            for connections, runs in by_connections.items()
        }
        within = [row["per_second"] for row in rows.values() if row["p99_ms"] <= P99_MS]
        table[name] = {"most_per_second": max(within, default=0), "connections": rows}
    for name in (NEW, AGAIN):
        table[name]["ratio"] = round(table[name]["most_per_second"] / table[BARE]["most_per_second"], 3)
    return table | {
        "client": "wrk",
        "p99_ms": P99_MS,
        "memory": {"before_mb": round(before, 1), "after_mb": round(resident_mb(server), 1)},
    }


@contextmanager
def _bare_server(folder: Path) -> Iterator[Server]:
    port = free_port()
    env = environment(FOOTNOTE_API_PORT=str(port), FOOTNOTE_DATABASE_URL=f"sqlite:///{folder / 'bare.db'}")
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "services/api/gunicorn.conf.py"]
    command = [*gunicorn, "tests.benchmarks.load_searches:bare()"]
    running = start(command, ROOT, env, folder / "bare.log", f"http://127.0.0.1:{port}", "/readyz")
    try:
        yield running
    finally:
        running.stop()


def _lua(*, new: bool) -> str:
    """A script for wrk that asks the manual's questions one after the other; `new`: never the same words twice."""
    rows = (json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines())
    unique = " .. '+' .. (began + at)" if new else ""
    paths = ",\n".join(f'"/api/search?limit=10&q={quote(row["question"][:400], safe="")}"' for row in rows)
    return (
        f"local paths = {{{paths}}}\nlocal at = 0\n"
        "math.randomseed(os.time())\nlocal began = math.random(1e9)\n"
        "request = function()\n"
        "  at = at + 1\n"
        f"  return wrk.format('GET', paths[at % #paths + 1]{unique})\n"
        "end\n"
        "done = function(summary, latency)\n"
        "  local e = summary.errors\n"
        "  io.write(string.format('RESULT %d %d %d %d\\n', summary.requests, summary.duration,\n"
        "    latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))\n"
        "end\n"
    )


def _wrk(url: str, script: Path, connections: int, seconds: float) -> tuple[float, float, int]:
    """Requests a second, p99 in milliseconds, errors."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", str(script), url]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+)", told)
    if not found:
        raise RuntimeError(f"wrk told no result:\n{told}")
    requests, microseconds, p99, errors = map(int, found.groups())
    return requests / (microseconds / 1e6), p99 / 1000, errors
