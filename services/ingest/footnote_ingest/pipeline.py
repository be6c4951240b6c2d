"""The recipe of the ingest job: pages -> sections -> chunks -> vectors -> index."""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np

import footnote_core.index
import footnote_core.models
from footnote_core.embedders import Embedder, Vectors
from footnote_core.errors import ConfigurationError, SourceError
from footnote_core.index import (
    SCHEMA,
    DocumentCounts,
    Draft,
    GenerationInfo,
    Index,
    IndexedPage,
    PageRecord,
    text_hash,
)
from footnote_core.models import Page
from footnote_ingest.chunking import TokenCounter, chunk_page
from footnote_ingest.corpus import Corpus
from footnote_ingest.progress import Progress
from footnote_ingest.report import Report
from footnote_ingest.sources import Problem, Source, Unchanged

T = TypeVar("T")

_REVISED_SHARE = 0.2
"""Above this share of changed chunks all points are made anew: their weights are measured by mean field
lengths that no longer hold, and an index of leftovers is slow to search."""

_GROUP_CHUNKS = 256
_CHECKPOINT_SECONDS = 2.0
"""A run that dies has to embed again what it embedded in this time; making it durable takes 0.02 to 0.2 s."""


async def ingest(
    source: Source,
    index: Index,
    embedder: Embedder,
    counter: TokenCounter,
    report: Report,
    progress: Progress,
    *,
    chunk_tokens: int,
    full: bool = False,
    dry_run: bool = False,
) -> None:
    """Bring the index up to date with `source`; what was done and what failed goes into `report`.

    full     embed everything again, whatever the index holds
    dry_run  change nothing, only say what would change
    Raises SourceError without any usable page, and what the embedder and the index raise; the live index
    is then as it was.
    """
    await _Run(source, index, embedder, counter, report, progress, chunk_tokens, full, dry_run).run()


@dataclass(frozen=True, slots=True)
class _Embedded:
    """Pages with the vectors of their chunks, and the tokens of each text that had to be embedded for them."""

    pages: Sequence[IndexedPage]
    vectors: Vectors
    new_tokens: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Run:
    """What the steps of one run share."""

    source: Source
    index: Index
    embedder: Embedder
    counter: TokenCounter
    report: Report
    progress: Progress
    chunk_tokens: int
    full: bool
    dry_run: bool

    async def run(self) -> None:
        recipe = _recipe(self.chunk_tokens)
        with self.report.timed("compare"):
            live = None if self.full else await self.index.live()
            before = await self.index.pages() if live else {}
        made_alike = live is not None and (live.embedder, live.dimension, live.schema, live.recipe) == (
            self.embedder.id,
            self.embedder.dimension,
            SCHEMA,
            recipe,
        )
        corpus = await self._read(before if made_alike else {})
        info = GenerationInfo(
            embedder=self.embedder.id,
            dimension=self.embedder.dimension,
            fingerprint=corpus.fingerprint(recipe),
            pages=len(corpus.records),
            chunks=corpus.total("chunks"),
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            recipe=recipe,
        )
        self._compare(corpus, before)
        if live and made_alike and live.fingerprint == info.fingerprint:
            self.report.outcome, self.report.reused = "unchanged", info.chunks
            return
        revised = corpus.touched_chunks + (live.revised if live else 0)
        revise = made_alike and revised <= _REVISED_SHARE * info.chunks
        if not revise and not corpus.read_whole:
            corpus = await self._read({})
        routes = set(corpus.changed if revise else corpus.records)
        if self.dry_run:
            await self._plan(corpus, routes)
            return
        if revise:
            draft = await self._revision(corpus, replace(info, revised=revised))
        else:
            records = list(corpus.records.values())
            draft = await self.index.draft(info, records, corpus.page_counts, corpus.chunk_counts)
        try:
            await self._fill(draft, corpus, routes)
            with self.report.timed("publish"):
                self.progress.start("Publishing", None)
                await draft.publish()
        except ConfigurationError:  # it cannot be written: what is there would only be in the way
            await draft.discard()
            raise
        except BaseException:  # also when the job is interrupted
            # What was paid for stays for the next run; nobody reads it before it is published.
            await (draft.checkpoint() if self.report.embedded else draft.discard())
            raise
        self.report.outcome = "published"
        self.report.reused = info.chunks - self.report.embedded

    async def _read(self, known: Mapping[str, PageRecord]) -> Corpus:
        report, corpus = self.report, Corpus(known)
        report.failures, report.warnings = [], []
        self.progress.start("Reading pages", None)
        digests = {route: record.digest for route, record in known.items()}
        items = self.source.pages(digests, self._prepare)
        while True:
            with report.timed("read"):
                item = await anext(items, None)
            match item:
                case None:
                    break
                case IndexedPage():
                    corpus.add(item)
                case Unchanged():
                    corpus.keep(item.route)
                case Problem():
                    (report.failures if item.failed else report.warnings).append(item)
                    self.progress.problem(item)
            self.progress.advance(1)
            await asyncio.sleep(0)  # lets a signal through
        report.pages = len(corpus.records)
        report.sections, report.chunks, report.tokens = map(corpus.total, ("sections", "chunks", "tokens"))
        if not corpus.records:
            reason = "every page failed" if report.failures else "all pages are drafts or unlisted"
            raise SourceError(f"Nothing in {self.source.name} can be indexed: {reason}.")
        return corpus

    def _prepare(self, page: Page) -> IndexedPage:
        return IndexedPage.of(page, chunk_page(page, self.counter, self.chunk_tokens))

    def _compare(self, corpus: Corpus, before: Mapping[str, PageRecord]) -> None:
        """Note the pages that differ from those of the live index."""
        after = corpus.records
        self.report.added = sorted(after.keys() - before.keys())
        self.report.removed = sorted(before.keys() - after.keys())
        self.report.changed = sorted(
            route for route in after.keys() & before.keys() if after[route].content != before[route].content
        )

    async def _revision(self, corpus: Corpus, info: GenerationInfo) -> Draft:
        counts = DocumentCounts()
        for entry in corpus.entries(set(corpus.changed)):
            for bags in entry.chunk_bags:
                counts.add(bags)
        with self.report.timed("copy"):
            self.progress.start("Copying the index", None)
            records = list(corpus.records.values())
            return await self.index.revise(info, records, [*corpus.changed, *corpus.removed], counts)

    async def _plan(self, corpus: Corpus, routes: Collection[str]) -> None:
        """What would be embedded."""
        for group in _groups(corpus.entries(routes)):
            texts = _texts(group)
            known = {} if self.full else await self.index.known_vectors(self.embedder, list(texts))
            self._count(tokens for n, tokens in enumerate(texts.values()) if n not in known)
        self.report.outcome = "planned"
        self.report.reused = self.report.chunks - self.report.embedded

    async def _fill(self, draft: Draft, corpus: Corpus, routes: Collection[str]) -> None:
        """Write the pages group by group: what is embedded is soon stored, and little is in memory."""
        report = self.report
        self.progress.start("Embedding", sum(corpus.records[route].chunks for route in routes))
        durable_at = time.monotonic()
        async with aclosing(_one_ahead(self._embedded(draft, corpus, routes))) as groups:
            while True:
                with report.timed("embed"):
                    ready = await anext(groups, None)
                if ready is None:
                    break
                with report.timed("write"):
                    await draft.add(ready.pages, ready.vectors)
                    self._count(ready.new_tokens)
                    if time.monotonic() - durable_at > _CHECKPOINT_SECONDS:
                        await draft.checkpoint()
                        durable_at = time.monotonic()
                self.progress.advance(len(ready.vectors))

    async def _embedded(
        self, draft: Draft, corpus: Corpus, routes: Collection[str]
    ) -> AsyncGenerator[_Embedded, None]:
        repeated: dict[str, Vectors] = {}
        for group in _groups(corpus.entries(routes)):
            tokens = _texts(group)
            vectors = {text: repeated[h] for text in tokens if (h := text_hash(text)) in repeated}
            others = [text for text in tokens if text not in vectors]
            known = {} if self.full else await draft.known_vectors(others)
            vectors |= {others[position]: vector for position, vector in known.items()}
            missing = [text for text in tokens if text not in vectors]
            for start in range(0, len(missing), self.embedder.batch_size):
                batch = missing[start : start + self.embedder.batch_size]
                vectors |= zip(batch, await self.embedder.embed(batch, "document"), strict=True)
            repeated |= {h: vectors[text] for text in tokens if (h := text_hash(text)) in corpus.repeated}
            rows = [vectors[chunk.embedded_text] for entry in group for chunk in entry.chunks]
            stacked = np.stack(rows) if rows else self._no_vectors()
            yield _Embedded(group, stacked, [tokens[text] for text in missing])

    def _count(self, tokens: Iterable[int]) -> None:
        """tokens: of each text that is embedded."""
        for count in tokens:
            self.report.embedded += 1
            self.report.embedded_tokens += count

    def _no_vectors(self) -> Vectors:
        return np.empty((0, self.embedder.dimension), dtype=np.float32)


async def _one_ahead(items: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """`items`; while one is used, the next is made, as far as that waits for a vendor."""

    async def following() -> T | None:
        return await anext(items, None)

    making = asyncio.create_task(following())
    try:
        while (item := await making) is not None:
            making = asyncio.create_task(following())
            await asyncio.sleep(0)  # lets it begin, and a signal through
            yield item
    finally:
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)
        await items.aclose()


def _groups(entries: Iterator[IndexedPage]) -> Iterator[list[IndexedPage]]:
    """Whole pages, with enough chunks together to keep the embedder and the index busy."""
    group: list[IndexedPage] = []
    chunks = 0
    for entry in entries:
        group.append(entry)
        chunks += len(entry.chunks)
        if chunks >= _GROUP_CHUNKS:
            yield group
            group, chunks = [], 0
    if group:
        yield group


def _texts(group: Sequence[IndexedPage]) -> dict[str, int]:
    """Each different text to embed, and its tokens."""
    return {chunk.embedded_text: chunk.tokens for entry in group for chunk in entry.chunks}


def _recipe(chunk_tokens: int) -> str:
    """Hash over the code and the settings that make points of pages.

    An index that other code has made is made anew, without embedding any text again.
    """
    digest = hashlib.sha256(f"{SCHEMA} {chunk_tokens}".encode())
    folders = [Path(__file__).parent, Path(footnote_core.index.__file__).parent]
    for path in sorted(path for folder in folders for path in folder.rglob("*.py")):
        digest.update(path.read_bytes())
    digest.update(Path(footnote_core.models.__file__).read_bytes())
    return digest.hexdigest()
