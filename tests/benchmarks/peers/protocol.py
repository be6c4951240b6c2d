"""How a peer talks to the benchmark: JSON lines in, JSON lines out, everything else to standard error."""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

Search = Callable[[str, int], list[str]]
"""(question, how many chunks) -> ids of the pages they are from, best first."""


@dataclass(frozen=True)
class Built:
    """An index that is stored, and how to search it."""

    search: Search
    chunks: int


def serve(build: Callable[[list[dict[str, Any]], Path], Built], packages: tuple[str, ...]) -> None:
    """Build from the first line of standard input, then answer one line a question."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not stand among the answers

    def say(values: dict[str, Any]) -> None:
        answers.write(json.dumps(values) + "\n")
        answers.flush()

    first = json.loads(sys.stdin.readline())
    built = build(first["pages"], Path(first["index"]))
    say(
        {
            "chunks": built.chunks,
            "cpu_seconds": time.process_time(),
            "versions": {package: version(package) for package in packages},
        }
    )
    for line in sys.stdin:
        asked = json.loads(line)
        began = time.perf_counter()
        found = built.search(asked["question"], asked["limit"])
        say({"found": found, "ms": (time.perf_counter() - began) * 1000})
