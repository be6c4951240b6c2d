"""Load on one host: chats held at once, and searches a second beside a bare FastAPI route on the same server.

    python -m tests.benchmarks.load --chats 300 --seconds 600

The API is the real one: gunicorn, two workers, SQLite, limits, metrics. The model (`load_model`) says 40 tokens
a second to each chat, and runs on the same host, as does the reader of the streams. A chat asks its next
question when an answer has ended. Searches are sent by wrk (`apt-get install wrk`), to ours and to the bare
route in turn.
"""

import argparse
import asyncio
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import numpy as np
import uvloop
from fastapi import FastAPI

from tests.support.real_api import running_api, workers
from tests.support.servers import ROOT, Server, environment, free_port, index_manual, start
from tests.support.vendors import Vendors

RESULTS = Path(__file__).parent / "results/load.json"
QUESTIONS = Path(__file__).parent / "questions/manual.jsonl"
TOKENS_PER_SECOND = 40
CONNECTIONS = (1, 2, 4, 8, 16, 32)
P99_MS = 50
NEW, AGAIN, BARE = "footnote, new words", "footnote, the same words again", "bare route"
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.load", description=__doc__)
    parser.add_argument("--chats", type=int, default=50, metavar="N", help="held at the same time")
    parser.add_argument("--seconds", type=float, default=30, metavar="S", help="for which they are held")
    parser.add_argument("--tokens", type=int, default=400, help="of each answer")
    parser.add_argument("--search-seconds", type=float, default=3, help="for each number of connections")
    parser.add_argument("--rounds", type=int, default=3, help="of searches; medians are told")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is missing. Install it: apt-get install wrk")
    results: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
        ).stdout.strip(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load_before": round(os.getloadavg()[0], 1),
        "workers": 2,
    }
    with tempfile.TemporaryDirectory(prefix="footnote-load-") as name:
        folder = Path(name)
        index = index_manual(folder)
        port = free_port()
        with (
            _model(port, options.tokens, folder) as model,
            running_api(
                index,
                Vendors(url=model.url),
                folder,
                FOOTNOTE_SESSION_TTL_SECONDS="86400",
                FOOTNOTE_LOG_LEVEL="warning",
                FOOTNOTE_DAILY_TOKENS="0",
            ) as server,
        ):
            results["chats"] = uvloop.run(
                chats(server, model, options.chats, options.seconds, options.tokens)
            )
            print(json.dumps(results["chats"], indent=1), flush=True)
            results["search"] = searches(server, folder, options.rounds, options.search_seconds)
            print(json.dumps(results["search"], indent=1), flush=True)
        results["log"] = _problems(folder / "api.log")
    options.results.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


@contextmanager
def _model(port: int, tokens: int, folder: Path) -> Iterator[Server]:
    """The stand-in in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.load_model",
        str(port),
        str(tokens),
        str(TOKENS_PER_SECOND),
    ]
    url = f"http://127.0.0.1:{port}"
    running = start(command, ROOT, environment(), folder / "model.log", url, "/v1/models")
    try:
        yield running
    finally:
        running.stop()


def _problems(log: Path) -> dict[str, int]:
    """How often the API warned of what."""
    events = (json.loads(line) for line in log.read_text("utf-8").splitlines() if line.startswith("{"))
    return dict(Counter(event["event"] for event in events if event["level"] != "info"))


# --- chats -----------------------------------------------------------------------------------------


@dataclass
class Heard:
    """What all chats together have heard; times in milliseconds."""

    first_event: list[float] = field(default_factory=list)
    first_words: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    """Between pieces of an answer."""
    completed: int = 0
    pieces: int = 0
    errors: Counter[str] = field(default_factory=Counter)


async def chats(server: Server, model: Server, count: int, seconds: float, tokens: int) -> dict[str, Any]:
    """Hold `count` chats for `seconds` after all have begun; answers that have begun then are read to their end."""

    def cpu_seconds() -> dict[str, float]:
        api = _cpu_seconds(workers(server))
        return {"api": api, "model": _cpu_seconds({model.process.pid}), "reader": time.process_time()}

    questions = [json.loads(line)["question"] for line in QUESTIONS.read_text("utf-8").splitlines()]
    questions = [await _answered(server.url, questions)] if count else []
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        made = [await client.post("/api/chatkit/session") for _ in range(count)]
    secrets = [answer.raise_for_status().json()["client_secret"] for answer in made]
    heard = Heard()
    ramp = tokens / TOKENS_PER_SECOND  # so that answers begin all the time, and not all at once
    began, cpu = time.monotonic(), cpu_seconds()
    until = began + ramp + seconds
    memory: list[tuple[float, float]] = []

    async def chat(number: int) -> None:
        await asyncio.sleep(ramp * number / count)
        while time.monotonic() < until:
            try:
                await _question(server.url, secrets[number], questions[number % len(questions)], heard)
            except (OSError, asyncio.IncompleteReadError) as error:
                heard.errors[type(error).__name__] += 1

    async def watch() -> None:
        while True:
            memory.append((time.monotonic() - began, _megabytes(server)))
            await asyncio.sleep(1)

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(chat(number) for number in range(count)))
    watching.cancel()
    took = time.monotonic() - began
    used = {name: now - cpu[name] for name, now in cpu_seconds().items()}
    return {
        "held": count,
        "seconds": seconds,
        "tokens_per_second_each": TOKENS_PER_SECOND,
        "tokens_per_answer": tokens,
        "answers": heard.completed,
        "errors": dict(heard.errors),
        "first_event_ms": _spread(heard.first_event),
        "first_words_ms": _spread(heard.first_words),
        "gaps_ms": _spread(heard.gaps),
        "pieces": heard.pieces,
        "cores_used": {name: round(spent / took, 2) for name, spent in used.items()},
        "api_us_per_token": round(used["api"] / (heard.completed * tokens) * 1e6)
        if heard.completed
        else None,
        "memory": _slope(memory, ramp),
    }


async def _answered(url: str, questions: Sequence[str]) -> str:
    """A question that the manual answers with the model's own words; chats are about streaming, not about refusals."""
    async with httpx.AsyncClient(base_url=url, timeout=120) as client:
        secret = (await client.post("/api/chatkit/session")).json()["client_secret"]
        headers = {"authorization": f"Bearer {secret}"}
        for question in questions:
            answer = (await client.post("/api/ask", headers=headers, json={"question": question})).json()
            if not answer.get("refused", True) and answer["notice"] is None and len(answer["citations"]) > 1:
                return question
    raise RuntimeError("no question of the manual's is answered")


async def _question(url: str, secret: str, question: str, heard: Heard) -> None:
    """Ask in a new conversation, over a connection of its own, and read to the end."""
    message = {
        "content": [{"type": "input_text", "text": question}],
        "attachments": [],
        "inference_options": {},
    }
    body = json.dumps({"type": "threads.create", "params": {"input": message}}).encode()
    host, port = url.removeprefix("http://").split(":")
    began = last = time.monotonic()
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /api/chatkit HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {secret}\r\nconnection: close\r\n"
    writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    status, spoken, said_done, trouble = 0, 0, 0, ""
    while line := await reader.readline():
        if line.startswith(b"HTTP/1.1 "):
            status = int(line[9:12])
        if not line.startswith(b"data: "):
            continue
        now = time.monotonic()
        if not said_done and not spoken and line.startswith(b'data: {"type":"thread.created"'):
            heard.first_event.append((now - began) * 1000)
        if b'"assistant_message.content_part.text_delta"' in line:
            (heard.gaps if spoken else heard.first_words).append((now - (last if spoken else began)) * 1000)
            spoken, last = spoken + 1, now
        elif line.startswith(b'data: {"type":"thread.item.done"'):
            said_done += 1
        elif line.startswith((b'data: {"type":"error"', b'data: {"type":"notice"')):
            trouble = line[:200].decode()
    writer.close()
    heard.pieces += spoken
    if status != 200:
        heard.errors[f"status {status}"] += 1
    elif trouble or said_done != 2 or not spoken:
        heard.errors[trouble or "answer cut"] += 1
    else:
        heard.completed += 1


def _spread(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    p50, p95, p99 = np.percentile(values, (50, 95, 99))
    return {"p50": round(p50, 1), "p95": round(p95, 1), "p99": round(p99, 1), "max": round(max(values), 1)}


def _megabytes(server: Server) -> float:
    """Resident memory of the workers; what they share counts for each."""
    pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in workers(server))
    return sum(pages) * _PAGE_BYTES / 1e6


def _cpu_seconds(processes: set[int]) -> float:
    stats = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in processes)
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / _TICKS


def _slope(samples: Sequence[tuple[float, float]], after: float) -> dict[str, float]:
    """Memory at both ends and its growth an hour, by least squares over the samples `after` seconds."""
    settled = [sample for sample in samples if sample[0] >= after]
    if len(settled) < 2:
        return {}
    seconds, megabytes = zip(*settled, strict=True)
    growth = float(np.polyfit(seconds, megabytes, 1)[0]) * 3600
    return {
        "first_mb": round(megabytes[0], 1),
        "last_mb": round(megabytes[-1], 1),
        "mb_per_hour": round(growth, 1),
    }


# --- searches --------------------------------------------------------------------------------------


def searches(server: Server, folder: Path, rounds: int, seconds: float) -> dict[str, Any]:
    """The most searches a second at which p99 keeps within P99_MS, and the same of the bare route.

    Ours are asked twice: with words that nobody searched for before, and with the same ones again and again.
    """
    scripts = {name: folder / f"{name}.lua" for name in ("new", "again")}
    for name, script in scripts.items():
        script.write_text(_lua(new=name == "new"), encoding="utf-8")
    before = _megabytes(server)
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
        "memory": {"before_mb": round(before, 1), "after_mb": round(_megabytes(server), 1)},
    }


@contextmanager
def _bare_server(folder: Path) -> Iterator[Server]:
    port = free_port()
    env = environment(FOOTNOTE_API_PORT=str(port), FOOTNOTE_DATABASE_URL=f"sqlite:///{folder / 'bare.db'}")
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "services/api/gunicorn.conf.py"]
    command = [*gunicorn, "tests.benchmarks.load:bare()"]
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


if __name__ == "__main__":
    main()
