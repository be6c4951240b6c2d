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
import shutil
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

import httpx
import numpy as np
import uvloop

from tests.benchmarks.load_searches import QUESTIONS, searches
from tests.support.real_api import cpu_seconds_of, resident_mb, running_api, workers
from tests.support.servers import ROOT, Server, environment, free_port, index_manual, start
from tests.support.vendors import Vendors

RESULTS = Path(__file__).parent / "results/load.json"
TOKENS_PER_SECOND = 40
QUESTIONS_OF_A_READER = 100
"""Then the chat goes on as another reader: one may have 200 conversations."""


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
        api = cpu_seconds_of(workers(server))
        return {"api": api, "model": cpu_seconds_of({model.process.pid}), "reader": time.process_time()}

    questions = [json.loads(line)["question"] for line in QUESTIONS.read_text("utf-8").splitlines()]
    questions = [await _answered(server.url, questions)] if count else []
    secrets = [await _new_reader(server.url) for _ in range(count)]
    heard = Heard()
    ramp = tokens / TOKENS_PER_SECOND  # so that answers begin all the time, and not all at once
    began, cpu = time.monotonic(), cpu_seconds()
    until = began + ramp + seconds
    memory: list[tuple[float, float]] = []

    async def chat(number: int) -> None:
        await asyncio.sleep(ramp * number / count)
        secret, asked = secrets[number], 0
        while time.monotonic() < until:
            try:
                if asked == QUESTIONS_OF_A_READER:
                    secret, asked = await _new_reader(server.url), 0
                asked += 1
                await _question(server.url, secret, questions[number % len(questions)], heard)
            except (OSError, httpx.HTTPError, asyncio.IncompleteReadError) as error:
                heard.errors[type(error).__name__] += 1

    async def watch() -> None:
        while True:
            memory.append((time.monotonic() - began, resident_mb(server)))
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
        "memory": _growth(memory, ramp),
    }


async def _new_reader(url: str) -> str:
    """A client secret."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        answer = await client.post("/api/chatkit/session")
    return str(answer.raise_for_status().json()["client_secret"])


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


def _growth(samples: Sequence[tuple[float, float]], after: float) -> dict[str, float]:
    """Memory at both ends and its growth by least squares over the samples `after` seconds, and over their last half.

    Caches fill at first; what grows in the last half as well may be a leak.
    """
    settled = [sample for sample in samples if sample[0] >= after]
    if len(settled) < 4:
        return {}

    def mb_per_hour(part: Sequence[tuple[float, float]]) -> float:
        seconds, megabytes = zip(*part, strict=True)
        return round(float(np.polyfit(seconds, megabytes, 1)[0]) * 3600, 1)

    return {
        "first_mb": round(settled[0][1], 1),
        "last_mb": round(settled[-1][1], 1),
        "mb_per_hour": mb_per_hour(settled),
        "last_half_mb_per_hour": mb_per_hour(settled[len(settled) // 2 :]),
    }


if __name__ == "__main__":
    main()
