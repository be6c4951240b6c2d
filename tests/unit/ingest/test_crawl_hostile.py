"""Everything that a host can do to the crawler: it is named, it costs little, and the rest is read."""

import asyncio
import gzip
import resource
import time
from dataclasses import replace
from pathlib import Path

import pytest

from footnote_core.errors import SourceError
from footnote_core.index import open_index
from footnote_core.settings import Settings
from footnote_ingest.chunking import LocalTokenCounter
from footnote_ingest.pipeline import Report, ingest
from footnote_ingest.progress import EventProgress
from footnote_ingest.sources.http import Limits
from footnote_ingest.sources.sitemap import SitemapSource
from tests.support.sites import Answer, Reply, bomb, html, redirect, running_site, sitemap
from tests.unit.ingest.crawling import IMPATIENT, QUICK, crawl, crawl_site
from tests.unit.ingest.site import CountingEmbedder


def page(body: bytes, content_type: str = "text/html") -> Reply:
    return Reply(body=body, headers={"Content-Type": content_type})


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Reply(404), "it answers 404"),
        (Reply(410), "it answers 410"),
        (Reply(500), "it answers 500"),
        (Reply(304), "it answers 304"),
        (Reply(204), "it answers 204"),
        (redirect("/bad"), "it redirects more than 5 times"),
        (redirect("https://evil.example.com/"), "another origin, https://evil.example.com"),
        (redirect("http://169.254.169.254/latest/meta-data"), "another origin, http://169.254.169.254"),
        (redirect("http://127.0.0.1:1/"), "another origin, http://127.0.0.1:1"),
        (redirect("//[::1]:9/"), "another origin, http://[::1]:9"),
        (redirect("file:///etc/passwd"), "another origin, file:"),
        (redirect("http://host:port/"), "cut off or is not HTTP (Invalid URL"),
        (page(b"%PDF-1.7", "application/pdf"), "it is application/pdf, not an HTML page"),
        (page(b"<main>x</main>", ""), "it is of no known type, not an HTML page"),
        (page(b"\n\n<main>\xff\xfe</main>"), "is not UTF-8 text, though it says so"),
        (page(b"<main>x</main>", "text/html; charset=x-user-defined"), "names an encoding that is not known"),
        (page(b"<main>x</main>", "text/html; charset=zlib"), "names an encoding that is not known, zlib"),
        (page(b"<meta charset=klingon><main>x</main>"), "names an encoding that is not known, klingon"),
        (page(b""), "has no article"),
        (page(b"<body><div id=__docusaurus></div>"), "a development server answers so"),
        (Reply(delay_seconds=60), "the host was silent for 1 seconds"),
        (Reply(body=b"x" * 900, drip_seconds=0.1), "it was not complete within 2 seconds"),
        (replace(html("Bad"), length=5000), "it was cut off or is not HTTP"),
        (replace(html("Bad"), length=10**12), "larger than 5 MB"),
        (page(b"<main>" + b"x" * 5_000_000), "it is larger than 5 MB"),
        (bomb(400, "text/html"), "it is larger than 5 MB"),
        (replace(html("Bad"), headers={"Content-Type": "text/html", "Content-Encoding": "br"}), "compressed as br"),
        (replace(html("Bad"), headers={"Content-Type": "text/html", "Content-Encoding": "gzip"}), "damaged"),
        (
            Reply(body=gzip.compress(b"<main>x</main>")[:-9], headers={"Content-Type": "text/html", "Content-Encoding": "gzip"}),
            "it is cut off",
        ),
    ],
)  # fmt: skip
async def test_a_bad_page_is_named_and_the_rest_is_read(answer: Reply, message: str, tmp_path: Path) -> None:
    done = await crawl({"/bad": answer, "/good": html("Good")}, tmp_path, limits=IMPATIENT)
    assert done.routes == ["/good"]
    assert list(done.failures) == ["/bad"]
    assert message in done.failures["/bad"]
    assert not done.warnings


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (page(b"<!doctype html><div id=__docusaurus></div>"), "it is an HTML page; a development server"),
        (page(b"\n<HTML><body>", "application/xml"), "it is an HTML page"),
        (Reply(404), "it answers 404"),
        (Reply(body=b"no xml"), "it is no XML sitemap"),
        (Reply(body=b""), "it is no XML sitemap"),
        (Reply(body=b"<rss></rss>"), "it is no XML sitemap but <rss>"),
        (Reply(body=sitemap("http://127.0.0.1/a").body[:-20]), "cut off"),
        (replace(sitemap("http://127.0.0.1/a"), length=4000), "it was cut off or is not HTTP"),
        (Reply(body=b'<!DOCTYPE x [<!ENTITY a "b">]><urlset/>'), "it has a document type"),
        (sitemap(), "lists no page"),
        (sitemap("https://other.example.com/a", "/b", "javascript:x"), "3 belong to another origin"),
        (redirect("https://other.example.com/sitemap.xml"), "redirects to another origin"),
        (Reply(delay_seconds=60), "the host was silent"),
        (bomb(60, "application/xml"), "it is larger than 50 MB"),
        (bomb(60, ""), "it is larger than 50 MB"),
        (Reply(body=gzip.compress(b"<urlset>")[:-5]), "cut off"),
    ],
)
async def test_what_is_no_sitemap_is_refused(answer: Reply, message: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        await crawl({"/sitemap.xml": answer, "/a": html("A")}, tmp_path, listed=[], limits=IMPATIENT)
    assert message in caught.value.message


async def test_a_bomb_costs_no_memory(tmp_path: Path) -> None:
    small = await crawl({"/good": html("Good")}, tmp_path)
    assert small.routes == ["/good"]
    charge = bomb(900, "text/html")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = await crawl({"/bad": charge, "/good": html("Good")}, tmp_path)
    assert "larger than" in done.failures["/bad"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kB


async def test_thousands_of_addresses_elsewhere_are_one_warning(tmp_path: Path) -> None:
    listed = [f"https://other.example.com/{n}" for n in range(10_000)]
    done = await crawl({"/a": html("A")}, tmp_path, listed=["/a", *listed])
    assert done.routes == ["/a"]
    assert done.warnings == ["and 10000 addresses in all belong to another origin; they are not read"]
    assert done.site.asked == ["/robots.txt", "/sitemap.xml", "/footnote-manifest.json", "/a"]


async def test_a_host_that_dies_is_not_waited_for_page_by_page(tmp_path: Path) -> None:
    pages: dict[str, Answer] = {f"/{n}": Reply(delay_seconds=60) for n in range(500)}
    started = time.monotonic()
    with pytest.raises(SourceError, match=r"stopped answering: 12 pages in a row"):
        await crawl(pages, tmp_path, limits=IMPATIENT)
    assert time.monotonic() - started < 20


async def test_the_crawl_as_a_whole_has_an_end(tmp_path: Path) -> None:
    pages: dict[str, Answer] = {f"/{n}": replace(html("x"), delay_seconds=0.1) for n in range(500)}
    with pytest.raises(SourceError, match="could not be read within"):
        await crawl(pages, tmp_path, limits=replace(QUICK, crawl_seconds=0.5))


async def test_the_site_as_a_whole_has_a_size(tmp_path: Path) -> None:
    pages: dict[str, Answer] = {f"/{n}": html("x" * 10_000) for n in range(20)}
    with pytest.raises(SourceError, match=r"sent more than 0\.0001 GB"):
        await crawl(pages, tmp_path, limits=replace(QUICK, total_bytes=100_000))
    with pytest.raises(SourceError, match="lists more than 5 pages"):
        await crawl(pages, tmp_path, limits=replace(QUICK, pages=5))


async def test_an_index_that_leads_to_itself_for_ever_ends(tmp_path: Path) -> None:
    async with running_site() as site:
        site.answers = {"/sitemap.xml": sitemap(f"{site.url}/0.xml", kind="sitemapindex")} | {
            f"/{n}.xml": sitemap(f"{site.url}/{n + 1}.xml", kind="sitemapindex") for n in range(50)
        }
        with pytest.raises(SourceError, match="leads to more than 20 sitemaps"):
            await crawl_site(site, tmp_path, limits=replace(QUICK, sitemaps=20))


async def test_a_development_server_is_recognized(tmp_path: Path) -> None:
    shell = page(b"<!doctype html><html><body><div id=__docusaurus></div><script src=main.js></script>")
    with pytest.raises(SourceError, match="as a development server does"):
        await crawl({f"/{n}": shell for n in range(30)}, tmp_path)


async def test_other_encodings_are_read_as_browsers_do(tmp_path: Path) -> None:
    text = "<main>Größe – €</main>"
    done = await crawl(
        {
            "/header": page(text.encode("cp1252"), "text/html; charset=ISO-8859-1"),
            "/meta": page(b"<meta charset=windows-1252>" + text.encode("cp1252")),
            "/quoted": page(text.encode("utf-16"), 'text/html; charset="UTF-16"'),
            "/mark": page(text.encode("utf-8-sig")),
            "/japanese": page("<main>大きさ</main>".encode("shift_jis"), "text/html;charset=Shift_JIS"),
        },
        tmp_path,
    )
    assert not done.failures
    assert [p.sections[0].text for p in done.pages] == ["Größe – €"] * 4 + ["大きさ"]


async def test_a_huge_heading_is_cut_and_said(tmp_path: Path) -> None:
    body = b"<title>" + b"t" * 9000 + b"</title><main><h2 id=x>" + b"h" * 100_000 + b"</h2><p>text</p></main>"
    done = await crawl({"/a": page(body)}, tmp_path)
    (section,) = done.pages[0].sections
    assert (len(section.heading or ""), section.anchor, section.text) == (300, "x", "text")
    assert len(done.pages[0].title) == 300
    assert "a heading of 100000 characters" in done.warnings[0]


async def test_markup_that_never_closes_is_read_in_bounded_time(tmp_path: Path) -> None:
    deep = b"<main>" + b"<div><b><ul><li>" * 10_000 + b"text"
    flat = b"<main>" + b"<h2>" * 20_000 + b"text"
    started = time.process_time()
    done = await crawl({"/deep": page(deep), "/flat": page(flat), "/a": html("A")}, tmp_path, limits=Limits())
    assert "/a" in done.routes
    assert time.process_time() - started < 20


async def test_a_crawl_that_is_interrupted_leaves_nothing_running(tmp_path: Path) -> None:
    async with running_site({f"/{n}": Reply(delay_seconds=60) for n in range(9)}) as site:
        site.answers["/sitemap.xml"] = sitemap(*(f"{site.url}/{n}" for n in range(9)))
        task = asyncio.create_task(crawl_site(site, tmp_path, limits=Limits()))
        while len(site.requests) < 6:
            await asyncio.sleep(0.01)
        others = asyncio.all_tasks() - {task}
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not {t for t in asyncio.all_tasks() - others if not t.done()}


async def test_the_live_index_outlives_a_bad_site(tmp_path: Path) -> None:
    index = open_index(Settings.from_mapping({"FOOTNOTE_INDEX_PATH": str(tmp_path / "index")}))

    async def run(url: str) -> Report:
        source = SitemapSource(f"{url}/sitemap.xml", "", cache=tmp_path / "crawl", limits=QUICK)
        report = Report(source=source.name)
        await ingest(
            source, index, CountingEmbedder(), LocalTokenCounter(), report, EventProgress(), chunk_tokens=64
        )
        return report

    try:
        async with running_site({"/a": html("A"), "/b": html("B")}) as site:
            site.answers["/sitemap.xml"] = sitemap(f"{site.url}/a", f"{site.url}/b")
            assert (await run(site.url)).pages == 2
            live = await index.live()
            for bad in (redirect("/sitemap.xml"), bomb(60, ""), page(b"<!doctype html>"), Reply(500)):
                site.answers["/sitemap.xml"] = bad
                with pytest.raises(SourceError):
                    await run(site.url)
                assert await index.live() == live
            site.answers |= {"/sitemap.xml": sitemap(f"{site.url}/a", f"{site.url}/b"), "/b": Reply(500)}
            report = await run(site.url)
            assert [(p.file, p.message) for p in report.failures] == [(f"{site.url}/b", "it answers 500")]
            assert (report.outcome, report.pages, report.removed) == ("published", 1, ["/b"])
    finally:
        await index.aclose()
