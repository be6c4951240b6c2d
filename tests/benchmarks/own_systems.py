"""Footnote's own search, its two halves and plain BM25, over one index in this process."""

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from footnote_api.evaluation.metrics import DEPTH, Outcome, outcome
from footnote_api.evaluation.rows import Row
from footnote_core.embedders import Embedder, build_embedder
from footnote_core.index import Index, IndexedPage
from footnote_core.index.embedded import EmbeddedEngine
from footnote_core.index.engine import Filter, Found, Ranked, Ranking
from footnote_core.models import Chunk, Page, Passage
from footnote_core.settings import Settings
from footnote_ingest.chunking import LocalTokenCounter, chunk_page
from footnote_ingest.pipeline import Report, ingest
from footnote_ingest.progress import EventProgress
from footnote_ingest.sources import NOTHING_KNOWN, Prepare, as_read
from tests.benchmarks.baselines import PlainBM25
from tests.benchmarks.corpora import Corpus
from tests.benchmarks.peer_systems import disk_megabytes
from tests.support.servers import ROOT, environment

OURS = "Footnote"
LIMIT = DEPTH * 3
"""Sections asked for, as footnote-eval does: several may be of one page, and some are taken out."""

_ROUNDS = 5
Search = Callable[[str, Index], Awaitable[Sequence[Passage | Chunk]]]


@dataclass(frozen=True)
class Built:
    """seconds, cpu_seconds: of the whole footnote-ingest process; None for a corpus that it cannot read."""

    chunks: int
    megabytes: float
    seconds: float | None = None
    cpu_seconds: float | None = None


class TimedEngine(EmbeddedEngine):
    """The embedded engine, adding up the seconds of its answers, and of those the ones inside Qdrant's own calls.

    The difference is making Qdrant's requests, and reading ids, scores and payloads out of its results.
    """

    seconds = 0.0
    inside_seconds = 0.0
    ranked: tuple[str, Sequence[Ranking], Filter]

    async def rank(self, generation: str, rankings: Sequence[Ranking], where: Filter) -> list[list[Ranked]]:
        self.ranked = generation, rankings, where
        began = time.perf_counter()
        ranked = await super().rank(generation, rankings, where)
        self.seconds += time.perf_counter() - began
        return ranked

    async def retrieve(self, *arguments: Any, **options: Any) -> list[Found]:
        began = time.perf_counter()
        found = await super().retrieve(*arguments, **options)
        self.seconds += time.perf_counter() - began
        return found

    def _shard(self, generation: str) -> Any:
        return _TimedShard(self, super()._shard(generation))


class _TimedShard:
    def __init__(self, engine: TimedEngine, shard: Any) -> None:
        self._engine, self._shard = engine, shard

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._shard, name)

        def timed(*arguments: Any, **options: Any) -> Any:
            began = time.perf_counter()
            try:
                return call(*arguments, **options)
            finally:
                self._engine.inside_seconds += time.perf_counter() - began

        return timed


class _Pages:
    """A source of pages that are there already."""

    name = "pages"

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = pages

    async def pages(
        self, known: Mapping[str, str] = NOTHING_KNOWN, prepare: Prepare = as_read
    ) -> AsyncIterator[Page | IndexedPage]:
        for page in self._pages:
            yield prepare(page)


def settings_of(corpus: Corpus, folder: Path) -> dict[str, str]:
    """The environment of the commands: no key, everything in `folder`."""
    return {
        "FOOTNOTE_INDEX_PATH": str(folder / "index"),
        "FOOTNOTE_DATABASE_URL": f"sqlite:///{folder / 'threads.db'}",
        "FOOTNOTE_EMBEDDER": "local",
        "FOOTNOTE_ANSWERER": "extractive",
        "FOOTNOTE_LOG_LEVEL": "warning",
        **({"FOOTNOTE_SITE_DIR": str(corpus.site)} if corpus.site else {}),
    }


def build(corpus: Corpus, settings: dict[str, str]) -> Built:
    """Index the corpus: by footnote-ingest where it can read it, else by its pipeline."""
    read = Settings.from_mapping(settings)
    if corpus.site is None:
        report = Report(source="pages")
        asyncio.run(ingest_pages(corpus.pages, read, report))
        return Built(report.chunks, disk_megabytes(read.index_path))
    told = read.index_path.with_name("report.json")
    command = [str(ROOT / ".venv/bin/footnote-ingest"), "--report", str(told)]
    env = environment(**settings, OPENBLAS_NUM_THREADS="1")
    began, cpu_began = time.perf_counter(), _children_cpu_seconds()
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    seconds, cpu_seconds = time.perf_counter() - began, _children_cpu_seconds() - cpu_began
    if done.returncode > 1:
        sys.exit(f"footnote-ingest ended with exit code {done.returncode}:\n{done.stderr[-2000:]}")
    chunks = json.loads(told.read_text(encoding="utf-8"))["chunks"]
    return Built(chunks, disk_megabytes(read.index_path), seconds, cpu_seconds)


async def measure(
    corpus: Corpus, settings: dict[str, str]
) -> tuple[dict[str, list[Outcome]], dict[str, float]]:
    """The outcomes of each of our systems, and what a query of the whole one costs.

    Rows that exclude a page are searched without the texts of links (see `Corpus.unlinked_pages`).
    """
    read = Settings.from_mapping(settings)
    engine, embedder = TimedEngine(read.index_path), build_embedder(read)
    index, plain = Index(engine), PlainBM25(chunks_of(corpus.pages, read))
    unlinked_path = read.index_path.with_name("unlinked")
    elsewhere = read.model_copy(update={"index_path": unlinked_path})
    await ingest_pages(corpus.unlinked_pages, elsewhere, Report(source="pages"))
    unlinked = Index(EmbeddedEngine(unlinked_path))

    async def whole(question: str, index: Index) -> Sequence[Passage | Chunk]:
        return await index.search(question, (await embedder.embed([question], "query"))[0], limit=LIMIT)

    async def words(question: str, index: Index) -> Sequence[Passage | Chunk]:
        return await index.search(question, None, limit=LIMIT)

    async def meaning(question: str, index: Index) -> Sequence[Passage | Chunk]:
        return await index.search("", (await embedder.embed([question], "query"))[0], limit=LIMIT)

    async def baseline(question: str, _: Index) -> Sequence[Passage | Chunk]:
        return plain.search(question, limit=LIMIT)

    systems: dict[str, Search] = {
        OURS: whole,
        "Footnote, words alone": words,
        "Footnote, meaning alone": meaning,
        "BM25": baseline,
    }
    outcomes = {}
    for name, search in systems.items():
        for one in (index, unlinked):
            await search("warm up", one)
        outcomes[name] = [
            await _outcome(row, search, unlinked if row.excluded else index) for row in corpus.answerable
        ]
    cost = await _cost(index, engine, embedder, [row.question for row in corpus.answerable])
    await index.aclose()
    await unlinked.aclose()
    return outcomes, cost


def chunks_of(pages: Sequence[Page], settings: Settings) -> list[Chunk]:
    """The chunks that ingest makes of pages."""
    counter = LocalTokenCounter()
    return [chunk for page in pages for chunk in chunk_page(page, counter, settings.chunk_tokens)]


def _children_cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def _outcome(row: Row, search: Search, index: Index) -> Outcome:
    began = time.perf_counter()
    found = await search(row.question, index)
    elapsed_ms = (time.perf_counter() - began) * 1000
    return outcome(row, [(one.source, one.anchor or "") for one in found], search_ms=elapsed_ms)


async def _cost(
    index: Index, engine: TimedEngine, embedder: Embedder, questions: Sequence[str]
) -> dict[str, float]:
    """Milliseconds of a search for ten sections beside its floor: embedding, the engine's ranking, and its reading.

    `new` finds all of its passages for the first time, as the floor reads them; `search` remembers them, does less than
    the floor and is not compared with it. `inside` is a stricter floor, where only the time in Qdrant's own calls counts.
    Of each question the median of several rounds counts.
    """
    rounds: dict[str, list[list[float]]] = {what: [] for what in ("search", "new", "floor", "inside")}
    for _ in range(_ROUNDS):
        for took in rounds.values():
            took.append([])
        for question in questions:
            began = time.perf_counter()
            vector = (await embedder.embed([question], "query"))[0]
            embedded = time.perf_counter() - began
            index._memory._chunks.clear()
            new, passages = await _timed(index.search(question, vector))
            search, _ = await _timed(index.search(question, vector))
            engine.seconds = engine.inside_seconds = 0.0
            await engine.rank(*engine.ranked)
            await engine.retrieve(engine.ranked[0], [passage.id for passage in passages])
            seconds = (search, new, engine.seconds, engine.inside_seconds)
            for took, one in zip(rounds.values(), seconds, strict=True):
                took[-1].append((embedded + one) * 1000)
    measured = {
        what: [statistics.median(times) for times in zip(*took, strict=True)] for what, took in rounds.items()
    }
    found = {
        f"{what}_ms_{name}": sorted(values)[int(share * (len(values) - 1))]
        for what, values in measured.items()
        for name, share in (("p50", 0.5), ("p95", 0.95))
    }
    ratios = [one / least for one, least in zip(measured["new"], measured["floor"], strict=True)]
    return found | {"ratio_p50": statistics.median(ratios)}


async def _timed(work: Awaitable[list[Passage]]) -> tuple[float, list[Passage]]:
    began = time.perf_counter()
    done = await work
    return time.perf_counter() - began, done


async def ingest_pages(pages: Sequence[Page], settings: Settings, report: Report) -> None:
    """Index pages that are no files, as footnote-ingest indexes a site's."""
    index, embedder = Index(EmbeddedEngine(settings.index_path)), build_embedder(settings)
    await ingest(
        _Pages(pages),
        index,
        embedder,
        LocalTokenCounter(),
        report,
        EventProgress(),
        chunk_tokens=settings.chunk_tokens,
    )
    await index.aclose()
