"""Pages on their way into the index: every one comes out as it went in, packed or not."""

from dataclasses import replace

from footnote_core.index import IndexedPage, PageRecord
from footnote_core.models import Chunk, Page, Section
from footnote_ingest.corpus import Corpus


def page(n: int, text: str = "Some text") -> IndexedPage:
    section = Section("s", "Heading", 2, (), f"{text} {n}.", 3)
    made = Page(f"/docs/{n}", f"Page {n}", f"docs/{n}.md", (section,), digest=f"digest {n}")
    chunks = [
        Chunk(made.route, made.title, made.source, "s", "Heading", (), f"{text} {n} {i}.", i, 5, 3)
        for i in range(50)
    ]
    return IndexedPage.of(made, chunks)


def filled(pages: int, known: dict[str, PageRecord] | None = None) -> Corpus:
    corpus = Corpus(known or {})
    for n in range(pages):
        corpus.add(page(n))
    return corpus


def test_what_was_packed_comes_out_as_it_went_in() -> None:
    corpus = filled(100)  # 5,000 chunks, more than wait unpacked
    entries = {entry.page.route: entry for entry in corpus.entries(corpus.records)}
    for n in (0, 50, 99):
        entry = entries[f"/docs/{n}"]
        assert entry == page(n)
        assert entry.record == corpus.records[f"/docs/{n}"]
    assert len(entries) == 100
    assert (corpus.total("chunks"), corpus.chunk_counts.documents) == (5000, 5000)


def test_what_is_new_changed_and_removed_is_told() -> None:
    known = filled(4).records
    corpus = Corpus(known)
    corpus.keep("/docs/0")
    corpus.add(page(1))  # read again, and the same
    corpus.add(page(2, "Another text"))
    corpus.add(page(7))
    assert (corpus.changed, corpus.removed) == (["/docs/2", "/docs/7"], ["/docs/3"])
    assert corpus.touched_chunks == 50 + 50 + 50 + 50
    assert not corpus.read_whole
    assert corpus.fingerprint("r") != filled(4).fingerprint("r") == filled(4).fingerprint("r")
    assert filled(4).fingerprint("r") != filled(4).fingerprint("another recipe")


def test_texts_of_several_chunks_are_noted() -> None:
    corpus = Corpus({})
    corpus.add(page(1))
    assert not corpus.repeated
    made = page(1)
    corpus.add(IndexedPage.of(replace(made.page, route="/docs/copy"), made.chunks))
    assert len(corpus.repeated) == 50
