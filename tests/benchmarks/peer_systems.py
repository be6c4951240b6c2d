"""Runs the peers: each a process of its own that speaks the protocol of `peers/README.md`."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from footnote_api.evaluation.metrics import Outcome, outcome
from footnote_api.evaluation.rows import place
from tests.benchmarks.corpora import Corpus

PEERS = Path(__file__).parent / "peers"
CHUNKS_ASKED_FOR = 60
"""So many chunks are on more than ten pages, also where one page has several of them."""

_PYTHON = str(PEERS / ".venv/bin/python")


@dataclass(frozen=True)
class Peer:
    """sections: whether what it finds carries heading ids."""

    name: str
    command: tuple[str, ...]
    sections: bool


SYSTEMS = (
    Peer("LangChain, dense", (_PYTHON, "langchain_pipeline.py", "dense"), sections=False),
    Peer("LangChain, hybrid", (_PYTHON, "langchain_pipeline.py", "hybrid"), sections=False),
    Peer("LlamaIndex, dense", (_PYTHON, "llamaindex_pipeline.py", "dense"), sections=False),
    Peer("LlamaIndex, hybrid", (_PYTHON, "llamaindex_pipeline.py", "hybrid"), sections=False),
    Peer("Haystack, dense", (_PYTHON, "haystack_pipeline.py", "dense"), sections=False),
    Peer("Haystack, hybrid", (_PYTHON, "haystack_pipeline.py", "hybrid"), sections=False),
    Peer("lunr", ("node", "lunr_plain.mjs"), sections=True),
    Peer("docusaurus-search-local", ("node", "docusaurus_search_local.mjs"), sections=True),
)


class PeerFailed(Exception):
    """A peer ended before it answered; the message ends with what it printed."""


@dataclass(frozen=True)
class Measured:
    """seconds: from the start of the process until the index is stored, cpu_seconds of all its threads;
    megabytes: on disk.
    """

    outcomes: list[Outcome]
    seconds: float
    cpu_seconds: float
    megabytes: float
    chunks: int
    versions: dict[str, str]


def check_installed() -> None:
    """End with what to do when the peers are not there."""
    if not (PEERS / ".venv/bin/python").is_file() or not (PEERS / "node_modules").is_dir():
        sys.exit("The peers are not installed: run `make bench-peers`, or leave them out with --no-peers.")


def measure(peer: Peer, corpus: Corpus) -> Measured:
    """Build the peer's index of a corpus and ask it every answerable question."""
    documents = list(corpus.documents)
    with tempfile.TemporaryDirectory(prefix="footnote-bench-") as name:
        folders = {kind: Path(name, kind) for kind in ("index", "scratch")}
        for folder in folders.values():
            folder.mkdir()
        began = time.perf_counter()
        with _started(peer, Path(name, "log")) as process:
            told = _exchange(
                process,
                {"pages": documents} | {kind: str(folder) for kind, folder in folders.items()},
                peer,
                Path(name, "log"),
            )
            seconds = time.perf_counter() - began
            megabytes = disk_megabytes(folders["index"])
            outcomes = []
            for row in corpus.answerable:
                asked = {"question": row.question, "limit": CHUNKS_ASKED_FOR}
                found = _exchange(process, asked, peer, Path(name, "log"))
                # A chunk of a section is its section; in a corpus of sections every peer finds those.
                sections = peer.sections or "#" in documents[0]["id"]
                places = [place(one) for one in found["found"]]
                outcomes.append(outcome(row, places, sections=sections, search_ms=found["ms"]))
    return Measured(outcomes, seconds, told["cpu_seconds"], megabytes, told["chunks"], told["versions"])


def disk_megabytes(folder: Path) -> float:
    """What the files of a folder occupy on disk."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()) / 1e6


@contextmanager
def _started(peer: Peer, log: Path) -> Iterator["subprocess.Popen[str]"]:
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "HAYSTACK_TELEMETRY_ENABLED": "False"}
    env.pop("PYTHONPATH", None)
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            peer.command,
            cwd=PEERS,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def _exchange(
    process: "subprocess.Popen[str]", asked: dict[str, Any], peer: Peer, log: Path
) -> dict[str, Any]:
    try:
        _pipe(process.stdin).write(json.dumps(asked) + "\n")
        _pipe(process.stdin).flush()
        line = _pipe(process.stdout).readline()
    except BrokenPipeError:
        line = ""
    if not line:
        raise PeerFailed(f"{peer.name} ended with:\n{log.read_text('utf-8', 'replace')[-3000:]}")
    told: dict[str, Any] = json.loads(line)
    return told


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def versions(found: Sequence[Measured]) -> dict[str, str]:
    """Every package that the peers named, with its version."""
    return {name: number for one in found for name, number in one.versions.items()}
