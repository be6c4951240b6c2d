"""The ingest job as a process, and readers who search all the while."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from footnote_core.errors import FootnoteError
from footnote_core.index import open_index
from footnote_core.index.engine import Engine
from footnote_core.settings import Settings
from tests.support.servers import environment

QUESTION = "how is a page indexed"
"""Of the manual, whose pages the sites of these tests are made of."""


def start_ingest(settings: Mapping[str, str], cwd: Path, *arguments: str) -> subprocess.Popen[str]:
    """The job, its events on standard error."""
    return subprocess.Popen(
        [sys.executable, "-m", "footnote_ingest", *arguments],
        cwd=cwd,
        env=environment(**settings),
        stderr=subprocess.PIPE,
        text=True,
    )


def run_ingest(settings: Mapping[str, str], cwd: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and events of a whole run."""
    job = start_ingest(settings, cwd, *arguments)
    events = job.communicate(timeout=100)[1]
    return job.returncode, events


def engine_of(settings: Mapping[str, str]) -> Engine:
    """The engine itself, to look at generations that readers never see."""
    if url := settings.get("QDRANT_URL"):
        from footnote_core.index.server import ServerEngine

        return ServerEngine(url, None, settings["FOOTNOTE_COLLECTION"])
    from footnote_core.index.embedded import EmbeddedEngine

    return EmbeddedEngine(Path(settings["FOOTNOTE_INDEX_PATH"]))


@dataclass
class Readers:
    """What readers met."""

    searches: int = 0
    empty: int = 0
    errors: list[str] = field(default_factory=list)


@contextmanager
def reading(settings: Mapping[str, str], question: str, dimension: int) -> Iterator[Readers]:
    """Search without a pause, by words and by meaning, as an API worker does."""
    met, stop = Readers(), threading.Event()

    async def read() -> None:
        index = open_index(Settings.from_mapping(settings))
        vector = np.full(dimension, dimension**-0.5, dtype=np.float32)
        while not stop.is_set():
            try:
                info = await index.live()
                fits = info is not None and info.dimension == dimension
                found = await index.search(question, vector if fits else None, limit=5)
                met.empty += not found
            except FootnoteError as error:
                met.errors.append(error.message)
            met.searches += 1
            await asyncio.sleep(0.002)
        await index.aclose()

    thread = threading.Thread(target=asyncio.run, args=(read(),))
    thread.start()
    try:
        yield met
    finally:
        stop.set()
        thread.join()
