"""The recipe against the real embedded index: only what changed costs anything."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from footnote_core.embedders import Purpose, Vectors
from footnote_core.errors import SourceError
from footnote_core.index import Index, open_index
from footnote_core.models import Page
from footnote_core.settings import Settings
from footnote_ingest.chunking import LocalTokenCounter
from footnote_ingest.pipeline import Report, ingest
from footnote_ingest.progress import EventProgress
from footnote_ingest.routes import SiteUrls
from footnote_ingest.sources import Unchanged
from footnote_ingest.sources.files import FilesSource
from tests.unit.ingest.site import CountingEmbedder, write_site

COUNTER = LocalTokenCounter()
SITE = {
    "docs/a.md": "# Apples\n\n## Red apples\n\nThey are sweet.\n\n## Green apples\n\nThey are sour.\n",
    "docs/b.md": "# Bananas\n\nThey are yellow.\n",
}


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[Index]:
    index = open_index(Settings.from_mapping({"FOOTNOTE_INDEX_PATH": str(tmp_path / "index")}))
    yield index
    await index.aclose()


async def run(
    site: Path, index: Index, embedder: CountingEmbedder, *, full: bool = False, dry: bool = False
) -> Report:
    report = Report(source=str(site))
    source = FilesSource(site, SiteUrls())
    await ingest(
        source, index, embedder, COUNTER, report, EventProgress(), chunk_tokens=128, full=full, dry_run=dry
    )
    return report


async def test_a_first_run_publishes_everything(tmp_path: Path, index: Index) -> None:
    embedder = CountingEmbedder()
    report = await run(write_site(tmp_path / "site", SITE), index, embedder)
    assert (report.outcome, report.pages, report.chunks, report.embedded) == ("published", 2, 3, 3)
    assert set(report.durations_ms) == {"read", "compare", "embed", "write", "publish"}
    (best, *_) = await index.search("sour green apples", None)
    assert best.link == "/docs/a#green-apples"
    assert best.text == "They are sour."


async def test_an_unchanged_site_costs_nothing(tmp_path: Path, index: Index) -> None:
    site = write_site(tmp_path / "site", SITE)
    await run(site, index, CountingEmbedder())
    before = await index.live()
    embedder = CountingEmbedder()
    report = await run(site, index, embedder)
    assert (report.outcome, report.reused, embedder.seen) == ("unchanged", 3, [])
    assert await index.live() == before


async def test_an_edit_embeds_only_the_changed_chunk(tmp_path: Path, index: Index) -> None:
    site = write_site(tmp_path / "site", SITE)
    await run(site, index, CountingEmbedder())
    write_site(site, {"docs/b.md": "# Bananas\n\nThey are curved.\n"})
    embedder = CountingEmbedder()
    report = await run(site, index, embedder)
    assert embedder.seen == ["Bananas\n\nThey are curved."]
    assert (report.embedded, report.reused, report.changed) == (1, 2, ["/docs/b"])
    assert (await index.search("curved", None))[0].route == "/docs/b"
    assert not [p for p in await index.search("yellow", None) if "yellow" in p.text]


async def test_a_removed_page_leaves_the_index_and_a_moved_one_keeps_its_vectors(
    tmp_path: Path, index: Index
) -> None:
    site = write_site(tmp_path / "site", SITE)
    await run(site, index, CountingEmbedder())
    (site / "docs/a.md").rename(site / "docs/moved.md")
    (site / "docs/b.md").unlink()
    embedder = CountingEmbedder()
    report = await run(site, index, embedder)
    assert (report.added, report.removed, embedder.seen) == (["/docs/moved"], ["/docs/a", "/docs/b"], [])
    assert list(await index.pages()) == ["/docs/moved"]


async def test_only_pages_whose_inputs_changed_are_read_again(tmp_path: Path, index: Index) -> None:
    importing = "import Part from './_part.mdx';\n\n# C\n\nOwn text.\n\n<Part />\n"
    more = {"docs/c.mdx": importing, "docs/_part.mdx": "Imported text.\n", "docs/d.mdx": "# D\n\nText.\n"}
    site = write_site(tmp_path / "site", {**SITE, **more})
    await run(site, index, CountingEmbedder())
    known = {route: record.digest for route, record in (await index.pages()).items()}
    write_site(site, {"docs/_part.mdx": "Imported and edited.\n"})
    items = [item async for item in FilesSource(site, SiteUrls()).pages(known)]
    assert [item.source for item in items if isinstance(item, Page)] == ["docs/c.mdx"]
    assert [item.route for item in items if isinstance(item, Unchanged)] == ["/docs/a", "/docs/b", "/docs/d"]
    report = await run(site, index, CountingEmbedder())
    assert (report.changed, report.embedded, report.pages) == (["/docs/c"], 1, 4)


async def test_a_page_with_warnings_is_read_and_told_on_every_run(tmp_path: Path, index: Index) -> None:
    gone = "import Part from './_gone.mdx';\n\n# C\n\nOwn text.\n\n<Part />\n"
    site = write_site(tmp_path / "site", {**SITE, "docs/c.mdx": gone})
    first = await run(site, index, CountingEmbedder())
    again = await run(site, index, CountingEmbedder())
    assert again.outcome == "unchanged"
    assert again.warnings == first.warnings != []


async def test_a_page_is_found_by_what_others_call_it_and_embeds_nothing_for_that(
    tmp_path: Path, index: Index
) -> None:
    others = {f"docs/{n}.md": f"# Page {n}\n\nNothing of interest.\n" for n in range(12)}
    link = "# Vegetables\n\nSee [citrus orchard](a.md#green-apples).\n"
    site = write_site(tmp_path / "site", SITE | others)
    await run(site, index, CountingEmbedder())  # the first link of the site comes with a revision
    write_site(site, {"docs/v.md": link})
    await run(site, index, CountingEmbedder())
    found = await index.search("citrus orchard", None)
    assert {passage.link for passage in found[:2]} == {"/docs/v", "/docs/a#green-apples"}
    write_site(site, {"docs/v.md": link.replace("citrus", "sunny")})
    embedder = CountingEmbedder()
    report = await run(site, index, embedder)
    assert (report.changed, report.embedded) == (["/docs/a", "/docs/v"], 1)
    assert "/docs/a#green-apples" in [passage.link for passage in await index.search("sunny", None)]
    assert await index.search("citrus", None) == []
    (site / "docs/v.md").unlink()
    report = await run(site, index, embedder)
    assert (report.changed, report.removed, report.embedded) == (["/docs/a"], ["/docs/v"], 0)
    assert await index.search("sunny", None) == []


async def test_the_same_text_is_embedded_once(tmp_path: Path, index: Index) -> None:
    site = write_site(
        tmp_path / "site", {f"versioned_docs/version-{v}/a.md": "# A\n\nText.\n" for v in (1, 2)}
    )
    write_site(site, {"versions.json": '["2", "1"]', "docs/a.md": "# A\n\nText.\n"})
    report = await run(site, index, CountingEmbedder())
    assert (report.pages, report.chunks, report.embedded, report.reused) == (3, 3, 1, 2)


async def test_the_next_texts_are_embedded_while_those_before_are_written(
    tmp_path: Path, index: Index
) -> None:
    told: list[str] = []

    class Embedder(CountingEmbedder):
        async def embed(self, texts: Sequence[str], purpose: Purpose) -> Vectors:
            told.append("embedded")
            return await super().embed(texts, purpose)

    class Written(EventProgress):
        def advance(self, steps: int) -> None:
            told.append(f"written {steps}")

    embedder = Embedder()
    embedder.batch_size = 300
    body = "".join(f"## Part {n}\n\nText {n}.\n\n" for n in range(300))
    site = write_site(tmp_path / "site", {f"docs/{name}.md": f"# Page {name}\n\n{body}" for name in "abc"})
    source, report = FilesSource(site, SiteUrls()), Report(source="")
    await ingest(source, index, embedder, COUNTER, report, Written(), chunk_tokens=128)
    order = [one for one in told if one != "written 1"]  # so are the pages counted that are read
    assert order == ["embedded", "embedded", "written 300", "embedded", "written 300", "written 300"]


async def test_many_changes_are_written_as_a_whole(tmp_path: Path, index: Index) -> None:
    pages = {f"docs/{i}.md": f"# Page {i}\n\nText {i}.\n" for i in range(20)}
    site = write_site(tmp_path / "site", pages)
    await run(site, index, CountingEmbedder())
    for round_ in range(3):  # one chunk removed and one added in each
        write_site(site, {"docs/3.md": f"# Page 3\n\nEdited {round_}.\n"})
        embedder = CountingEmbedder()
        report = await run(site, index, embedder)
        live = await index.live()
        assert (report.embedded, len(embedder.seen), report.pages) == (1, 1, 20)
        assert live is not None and live.revised == (2, 4, 0)[round_]


async def test_a_dry_run_says_what_would_change_and_changes_nothing(tmp_path: Path, index: Index) -> None:
    site = write_site(tmp_path / "site", SITE)
    await run(site, index, CountingEmbedder())
    before = await index.live()
    write_site(site, {"docs/b.md": "# Bananas\n\nThey are curved.\n", "docs/c.md": "# Cherries\n\nRed.\n"})
    (site / "docs/a.md").unlink()
    embedder = CountingEmbedder()
    report = await run(site, index, embedder, dry=True)
    assert (report.added, report.changed, report.removed) == (["/docs/c"], ["/docs/b"], ["/docs/a"])
    assert (report.outcome, report.embedded, embedder.seen) == ("planned", 2, [])
    assert report.embedded_tokens > 0
    assert await index.live() == before


async def test_full_embeds_everything_again(tmp_path: Path, index: Index) -> None:
    site = write_site(tmp_path / "site", SITE)
    await run(site, index, CountingEmbedder())
    embedder = CountingEmbedder()
    report = await run(site, index, embedder, full=True)
    assert (report.embedded, report.reused, len(embedder.seen)) == (3, 0, 3)


async def test_another_embedder_rebuilds_instead_of_mixing(tmp_path: Path, index: Index) -> None:
    site = write_site(tmp_path / "site", SITE)
    await run(site, index, CountingEmbedder())
    embedder = CountingEmbedder(id="test/other-16")
    report = await run(site, index, embedder)
    assert (report.outcome, report.embedded) == ("published", 3)
    await index.ready(embedder)


async def test_a_failing_embedder_leaves_the_old_index_live(tmp_path: Path, index: Index) -> None:
    site = write_site(tmp_path / "site", SITE)
    await run(site, index, CountingEmbedder())
    before = await index.live()
    pages = {f"docs/{i}.md": f"# Page {i}\n\nText {i}.\n" for i in range(20)}
    with pytest.raises(RuntimeError):
        await run(write_site(site, pages), index, CountingEmbedder(fail_after=8))
    assert await index.live() == before
    assert (await index.search("sour green apples", None))[0].route == "/docs/a"
    assert len([p for p in (tmp_path / "index").iterdir() if p.is_dir() and not p.is_symlink()]) == 1


async def test_only_drafts_is_an_error(tmp_path: Path, index: Index) -> None:
    site = write_site(tmp_path / "site", {"docs/a.md": "---\ndraft: true\n---\nSecret."})
    with pytest.raises(SourceError, match="drafts or unlisted"):
        await run(site, index, CountingEmbedder())
