"""What a source gives on its way into the index: every page once, in bounded memory."""

import hashlib
import pickle
import zlib
from collections.abc import Collection, Iterator, Mapping

from footnote_core.index import DocumentCounts, IndexedPage, PageRecord, text_hash

_READY_CHUNKS = 4000
"""So many chunks wait with their terms counted, about 10 kB each; later ones are packed to a twentieth."""


class Corpus:
    """All pages of a site. Those that were read wait to be written, the others are known to the index.

    Weights depend on all documents, so nothing can be written before all are read. Text waits compressed:
    100,000 sections take about 50 MB.
    """

    def __init__(self, known: Mapping[str, PageRecord]) -> None:
        self.records: dict[str, PageRecord] = {}
        self.page_counts = DocumentCounts()
        self.chunk_counts = DocumentCounts()
        self.repeated: set[str] = set()
        """Hashes of the texts that more than one chunk has, as other versions of a page do."""
        self._seen: set[str] = set()
        self._known = known
        self._ready: list[IndexedPage] = []
        self._ready_chunks = 0
        self._packed: list[tuple[str, bytes]] = []

    def keep(self, route: str) -> None:
        """A page that the index has as it is."""
        self.records[route] = self._known[route]

    def add(self, entry: IndexedPage) -> None:
        """A page that was read."""
        page, chunks = entry.page, entry.chunks
        self.records[page.route] = entry.record
        self.page_counts.add(entry.page_bags)
        for bags in entry.chunk_bags:
            self.chunk_counts.add(bags)
        hashes = {text_hash(chunk.embedded_text) for chunk in chunks}
        self.repeated |= hashes & self._seen
        self._seen |= hashes
        if self._ready_chunks < _READY_CHUNKS:
            self._ready.append(entry)
            self._ready_chunks += len(chunks)
        else:
            self._packed.append((page.route, zlib.compress(pickle.dumps((page, chunks)), 1)))

    @property
    def read_whole(self) -> bool:
        """Whether every page was read, so that an index can be made of this alone."""
        return len(self._ready) + len(self._packed) == len(self.records)

    @property
    def changed(self) -> list[str]:
        """Routes of the pages that the index does not hold as they are."""
        return [route for route, record in self.records.items() if self._known.get(route) != record]

    @property
    def removed(self) -> list[str]:
        """Routes that the index holds and the site no longer has."""
        return [route for route in self._known if route not in self.records]

    @property
    def touched_chunks(self) -> int:
        """How many chunks must be added to the index and removed from it."""
        changed = self.changed
        added = sum(self.records[route].chunks for route in changed)
        return added + sum(self._known[r].chunks for r in (*changed, *self.removed) if r in self._known)

    def total(self, what: str) -> int:
        """Sum over all pages: "sections", "chunks" or "tokens"."""
        return sum(getattr(record, what) for record in self.records.values())

    def entries(self, routes: Collection[str]) -> Iterator[IndexedPage]:
        """Those of the pages that were read."""
        yield from (entry for entry in self._ready if entry.page.route in routes)
        for route, packed in self._packed:
            if route in routes:
                yield IndexedPage.of(*pickle.loads(zlib.decompress(packed)))  # noqa: S301

    def fingerprint(self, recipe: str) -> str:
        """Hash over everything that decides the content of an index, the embedder apart."""
        digest = hashlib.sha256(recipe.encode())
        for route in sorted(self.records):
            digest.update(f"{route}\0{self.records[route].content}\n".encode())
        return digest.hexdigest()
