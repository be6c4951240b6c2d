"""Pages and chunks into an index, without the ingest job."""

from collections.abc import Sequence

from footnote_core.embedders import Vectors
from footnote_core.index import DocumentCounts, Draft, GenerationInfo, Index, IndexedPage
from footnote_core.models import Chunk, Page, Section


def entries(pages: Sequence[Page], chunks: Sequence[Chunk]) -> list[IndexedPage]:
    """Each page with its chunks; a chunk without a page gets one."""
    routes = {page.route: page for page in pages}
    for chunk in chunks:
        section = Section(chunk.anchor, chunk.heading, 2, chunk.path, chunk.text, chunk.line)
        routes.setdefault(chunk.route, Page(chunk.route, chunk.title, chunk.source, (section,)))
    return [
        IndexedPage.of(page, own)
        for page in routes.values()
        for own in [[chunk for chunk in chunks if chunk.route == page.route]]
    ]


def counts(corpus: Sequence[IndexedPage]) -> tuple[DocumentCounts, DocumentCounts]:
    """Term counts of the pages and of the chunks."""
    pages, chunks = DocumentCounts(), DocumentCounts()
    for entry in corpus:
        pages.add(entry.page_bags)
        for bags in entry.chunk_bags:
            chunks.add(bags)
    return pages, chunks


async def begin_draft(
    index: Index, info: GenerationInfo, pages: Sequence[Page], chunks: Sequence[Chunk]
) -> Draft:
    corpus = entries(pages, chunks)
    return await index.draft(info, [entry.record for entry in corpus], *counts(corpus))


async def publish_pages(
    index: Index, info: GenerationInfo, pages: Sequence[Page], chunks: Sequence[Chunk], vectors: Vectors
) -> None:
    """Publish them; `vectors` are those of `chunks`, in their order."""
    corpus = entries(pages, chunks)
    place = {id(chunk): row for row, chunk in enumerate(chunks)}
    order = [place[id(chunk)] for entry in corpus for chunk in entry.chunks]
    draft = await index.draft(info, [entry.record for entry in corpus], *counts(corpus))
    await draft.add(corpus, vectors[order])
    await draft.publish()
