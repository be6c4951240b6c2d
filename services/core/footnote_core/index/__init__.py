"""The index: one collection of chunks and pages, searched by words and by meaning.

`Index` is what the ingest job and the API use; the two engines behind it are `embedded` (Qdrant
Edge, in process) and `server` (Qdrant over REST). Only this package knows Qdrant.
"""

import secrets
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from numpy.typing import NDArray

from footnote_core import log
from footnote_core.embedders import Embedder, Vectors
from footnote_core.errors import IndexNotReady
from footnote_core.index import terms
from footnote_core.index.draft import Draft, IndexedPage, drop_or_keep, stored_vectors
from footnote_core.index.engine import Engine, GenerationGone, Ranking
from footnote_core.index.fusion import CHUNK_DEPTH, PAGE_DEPTH, cosines, fuse, spread
from footnote_core.index.lexicon import DocumentCounts, Lexicon
from footnote_core.index.memory import Memory
from footnote_core.index.points import (
    DESCRIPTION_FIELDS,
    SCHEMA,
    Description,
    GenerationInfo,
    PageRecord,
    page_record,
    text_hash,
    to_passage,
)
from footnote_core.index.scopes import default_first
from footnote_core.models import Passage
from footnote_core.settings import Settings

__all__ = [
    "SCHEMA",
    "DocumentCounts",
    "Draft",
    "GenerationInfo",
    "Index",
    "IndexedPage",
    "PageRecord",
    "open_index",
    "text_hash",
]

P = ParamSpec("P")
T = TypeVar("T")


def open_index(settings: Settings) -> "Index":
    """The index that the settings choose; nothing is opened or asked yet."""
    if settings.qdrant_url:
        from footnote_core.index.server import ServerEngine

        key = settings.qdrant_api_key.get_secret_value() if settings.qdrant_api_key else None
        return Index(ServerEngine(settings.qdrant_url, key, settings.collection))
    from footnote_core.index.embedded import EmbeddedEngine

    return Index(EmbeddedEngine(settings.index_path))


def _on_live(
    read: Callable[Concatenate["Index", P], Coroutine[Any, Any, T]], /
) -> Callable[Concatenate["Index", P], Coroutine[Any, Any, T]]:
    """Begin a read again, once, when its generation was dropped before it came to the end."""

    @wraps(read)
    async def read_again(self: "Index", /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await read(self, *args, **kwargs)
        except GenerationGone:
            return await read(self, *args, **kwargs)

    return read_again


class Index:
    """Reads see one published generation, whole; a writer builds the next one beside it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._described: tuple[str, Description] | None = None
        self._memory = Memory(engine, "")

    @property
    def engine(self) -> str:
        """`embedded` or `server`."""
        return self._engine.name

    @_on_live
    async def live(self) -> GenerationInfo | None:
        """The published generation, None when there is none. IndexNotReady when unreachable."""
        generation = await self._engine.live()
        return None if generation is None else (await self._describe(generation)).info

    @_on_live
    async def lexicon(self) -> Lexicon:
        """Term statistics of the published generation."""
        return _known_terms(await self._describe(await self._live_generation()))

    async def ready(self, embedder: Embedder) -> GenerationInfo:
        """The published generation if `embedder` can search it, else IndexNotReady with the reason."""
        info = await self.live()
        if info is None:
            raise IndexNotReady("Nothing is indexed yet. Run footnote-ingest.")
        if info.schema != SCHEMA:
            raise IndexNotReady("The index was made by another version of Footnote. Run footnote-ingest.")
        if (info.embedder, info.dimension) != (embedder.id, embedder.dimension):
            raise IndexNotReady(
                f"The index was made with the embedder {info.embedder}, this service uses {embedder.id}. Run footnote-ingest with the same settings."
            )
        return info

    @_on_live
    async def search(
        self,
        question: str,
        vector: NDArray[Any] | None,
        *,
        limit: int = 10,
        version: str | None = None,
        locale: str | None = None,
        per_page: int = 3,
        typing: bool = False,
    ) -> list[Passage]:
        """The passages that fit `question` best, best first, one a section.

        vector    the question's embedding of length 1; None searches by words alone
        per_page  at most so many sections of one page come before the others
        typing    the last word of `question` may be half-typed
        """
        generation = await self._live_generation()
        description = await self._describe(generation)
        lexicon = _known_terms(description)
        # Where there is but one, a filter would cost more than the search itself and leave out nothing.
        where: dict[str, str | list[str]] = {}
        if locale and description.info.locales != (locale,):
            where["locale"] = locale
        if version and description.info.versions != (version,):
            where["version"] = [version, ""]  # and what belongs to all versions
        weights = terms.query_weights(question, locale or "en", lexicon.knows, typing=typing)
        rankings: dict[str, Ranking] = {}
        if weights:
            rankings["bm25"] = Ranking("bm25", weights, CHUNK_DEPTH)
            rankings["page"] = Ranking("page", weights, PAGE_DEPTH)
        if identifiers := terms.identifier_weights(question, locale or "en"):
            rankings["exact"] = Ranking("bm25", identifiers, CHUNK_DEPTH)
        if vector is not None:
            rankings["dense"] = Ranking("dense", vector, CHUNK_DEPTH)
            rankings["page_dense"] = Ranking("page_dense", vector, PAGE_DEPTH)
        if not rankings:
            return []
        ranked = await self._engine.rank(generation, list(rankings.values()), where)
        lists = dict(zip(rankings, ranked, strict=True))
        if self._memory.generation != generation:
            self._memory = Memory(self._engine, generation)
        memory = self._memory
        places = await memory.places({point for one in ranked for point, _ in one})
        best = spread(fuse(lists, places), places, limit=limit, per_page=per_page)
        chunks = await memory.chunks([chunk for chunk, _ in best])
        near = cosines(lists.get("dense", ()))
        return [to_passage(chunks[id_], score, near[id_]) for id_, score in best if id_ in chunks]

    @_on_live
    async def section(self, passage: Passage) -> list[Passage]:
        """All chunks of the section that `passage` belongs to, in order; their score is 0."""
        generation = await self._live_generation()
        where = {"kind": "chunk", "route": passage.route, "anchor": passage.anchor or ""}
        found = await self._engine.select(generation, where)
        return sorted((to_passage(f) for f in found), key=lambda p: p.ordinal)

    async def pages(self) -> dict[str, PageRecord]:
        """What the live generation holds, by route; empty without one or when its schema is another."""
        generation = await self._engine.live()
        if generation is None or (await self._describe(generation)).info.schema != SCHEMA:
            return {}
        fields = tuple(PageRecord.__slots__)
        found = await self._engine.select(generation, {"kind": "page"}, fields)
        return {f.payload["route"]: page_record(f.payload) for f in found}

    async def known_vectors(self, embedder: Embedder, texts: Sequence[str]) -> dict[int, Vectors]:
        """Vectors that the live generation holds for the same text and embedder, by position in `texts`."""
        live = await self._engine.live()
        return await stored_vectors(self._engine, await self._usable(embedder.id, [live]), texts)

    async def draft(
        self,
        info: GenerationInfo,
        records: Sequence[PageRecord],
        pages: DocumentCounts,
        chunks: DocumentCounts,
    ) -> Draft:
        """Begin a new generation, empty; nobody reads it before `Draft.publish`.

        records        of all its pages
        pages, chunks  term counts of all of them: every weight depends on all documents
        """
        generation, sources = await self._begin(info.embedder)
        await self._engine.create(generation, info.dimension)
        description = Description(_placed(info, records), chunks.lexicon(), chunks.lengths(), pages.lengths())
        draft = Draft(self._engine, generation, description, sources)
        await draft.begin()
        return draft

    async def revise(
        self,
        info: GenerationInfo,
        records: Sequence[PageRecord],
        without: Sequence[str],
        chunks: DocumentCounts,
    ) -> Draft:
        """Begin a new generation as a copy of the live one without some pages, so that little is written.

        records  of all pages that it will have
        without  routes of the pages that are removed or will be added anew
        chunks   term counts of the chunks that will be added

        Field lengths are those of the live generation: weights of old and new chunks stay comparable, and
        `GenerationInfo.revised` tells when it is time to make all of them anew.
        """
        live = await self._live_generation()
        described = await self._describe(live)
        generation, sources = await self._begin(info.embedder)
        await self._engine.copy(live, generation)
        lexicon = await self.lexicon()
        gone = await self._engine.select(generation, {"route": list(without)}, ("kind",), vectors=True)
        removed = [f.terms for f in gone if f.payload["kind"] == "chunk"]
        info = replace(_placed(info, records), nearness=described.info.nearness)
        description = replace(described, info=info, lexicon=lexicon.revised(removed, chunks.lexicon()))
        draft = Draft(self._engine, generation, description, sources)
        await draft.begin()
        await draft.checkpoint()  # before the copy loses anything, it must not pass for a whole one
        await self._engine.delete(generation, [f.id for f in gone])
        return draft

    async def rollback(self) -> GenerationInfo:
        """Publish the newest complete generation before the live one again."""
        live = await self._live_generation()
        await self._engine.lock()
        for generation in reversed([g for g in await self._engine.generations() if g < live]):
            if await self._complete(generation):
                await self._engine.publish(generation)
                return (await self._describe(generation)).info
        raise IndexNotReady("There is no earlier generation of the index to go back to.")

    async def aclose(self) -> None:
        await self._engine.aclose()

    async def _live_generation(self) -> str:
        generation = await self._engine.live()
        if generation is None:
            raise IndexNotReady("Nothing is indexed yet. Run footnote-ingest.")
        return generation

    async def _describe(self, generation: str) -> Description:
        if self._described is None or self._described[0] != generation:
            # Not by its id, which another schema may make otherwise.
            found = await self._engine.select(generation, {"kind": "generation"}, DESCRIPTION_FIELDS)
            if not found:
                raise IndexNotReady(
                    "The index is damaged: its description is missing. Run footnote-ingest --full."
                )
            self._described = generation, Description.of(found[0])
        return self._described[1]

    async def _begin(self, embedder: str) -> tuple[str, list[str]]:
        """Name of a new generation, newer than all, and the others whose vectors it can use.

        Of drafts that were never finished only the largest stays: a run stores what it can reuse of earlier
        ones before what it embeds after them.
        """
        await self._engine.lock()
        live, others = await self._engine.live(), await self._engine.generations()
        usable = await self._usable(embedder, [live, *reversed(others)])
        unfinished = [g for g in others if g != live and not await self._complete(g)]
        sizes = {g: await self._engine.count(g) for g in unfinished if g in usable}
        largest = max(sizes, key=lambda g: sizes[g], default=None)
        for generation in unfinished:
            if generation != largest:
                await drop_or_keep(self._engine, generation)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(3)}"
        return name, [g for g in usable if g not in unfinished or g == largest]

    async def _complete(self, generation: str) -> bool:
        try:
            return (await self._describe(generation)).lexicon is not None
        except IndexNotReady:
            return False

    async def _usable(self, embedder: str, generations: Sequence[str | None]) -> list[str]:
        """Those whose vectors are of this embedder, each once; a damaged one is not."""
        usable: list[str] = []
        for generation in generations:
            if generation is None or generation in usable:
                continue
            try:
                info = (await self._describe(generation)).info
            except IndexNotReady as error:
                log.warning("generation_unreadable", generation=generation, message=error.message)
                continue
            if (info.embedder, info.schema) == (embedder, SCHEMA):
                usable.append(generation)
        return usable


def _known_terms(description: Description) -> Lexicon:
    if description.lexicon is None:
        raise IndexNotReady("The index is damaged: its lexicon is missing. Run footnote-ingest --full.")
    return description.lexicon


def _placed(info: GenerationInfo, records: Sequence[PageRecord]) -> GenerationInfo:
    return replace(info, versions=default_first(records, "version"), locales=default_first(records, "locale"))
