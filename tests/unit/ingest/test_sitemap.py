"""The crawler against a server on loopback: what it reads, and how it behaves towards the host."""

import gzip
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from footnote_core.errors import SourceError
from footnote_ingest.sources import Unchanged
from footnote_ingest.sources.sitemap import SitemapSource
from tests.support.sites import Reply, Request, html, redirect, running_site, sitemap
from tests.unit.ingest.crawling import IMPATIENT, QUICK, crawl, crawl_site


async def test_pages_are_read_in_the_order_of_the_sitemap(tmp_path: Path) -> None:
    slow = replace(html("A"), delay_seconds=0.1)
    done = await crawl(
        {"/a%20b": slow, "/c?tab=1": html("C"), "/%C3%BC": html("Ü"), "/50%25": html("50")}, tmp_path
    )
    assert [(p.route, p.title, p.sections[0].text) for p in done.pages] == [
        ("/a b", "A", "A"),
        ("/c?tab=1", "C", "C"),
        ("/ü", "Ü", "Ü"),
        ("/50%25", "50", "50"),
    ]
    assert not done.problems


async def test_sitemap_indexes_and_compressed_sitemaps_are_followed(tmp_path: Path) -> None:
    async with running_site() as site:
        packed = gzip.compress(sitemap(f"{site.url}/c", "https://docs.example.com/d").body)
        site.answers = {
            "/sitemap.xml": sitemap(
                f"{site.url}/inner.xml", f"{site.url}/packed.xml.gz", kind="sitemapindex"
            ),
            "/inner.xml": sitemap(f"{site.url}/sitemap.xml", f"{site.url}/leaf.xml", kind="sitemapindex"),
            "/leaf.xml": sitemap(f"{site.url}/a"),
            "/packed.xml.gz": Reply(body=packed, headers={"Content-Type": "application/gzip"}),
            "/a": html("A"),
            "/c": html("C"),
            "/d": html("D"),
        }
        done = await crawl_site(site, tmp_path)
    assert done.routes == ["/c", "/d", "/a"]
    assert not done.problems
    assert done.site.asked.count("/sitemap.xml") == 1


async def test_a_broken_sitemap_of_an_index_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    async with running_site() as site:
        site.answers = {
            "/sitemap.xml": sitemap(
                f"{site.url}/gone.xml",
                f"{site.url}/cut.xml",
                "https://other.example.com/s.xml",
                f"{site.url}/a.xml",
                kind="sitemapindex",
            ),
            "/cut.xml": Reply(body=sitemap(f"{site.url}/x").body[:-30], headers={"Content-Type": "text/xml"}),
            "/a.xml": sitemap(f"{site.url}/a"),
            "/a": html("A"),
        }
        done = await crawl_site(site, tmp_path)
    assert done.routes == ["/a"]
    assert "answers 404" in done.failures["/gone.xml"]
    assert "cut off" in done.failures["/cut.xml"]
    assert done.warnings == ["and 1 sitemaps in all belong to another origin; they are not read"]


async def test_the_canonical_address_decides_the_route(tmp_path: Path) -> None:
    link = '<link rel="canonical" href="{}">'
    done = await crawl(
        {
            "/a/": html("A", link.format("https://docs.example.com/a")),
            "/b": html("B", link.format("https://elsewhere.example.com/x")),
            "/copy": html("Copy", link.format("/b")),
            "/b/": html("B", link.format("/a")),
        },
        tmp_path,
    )
    assert done.routes == ["/a", "/b"]
    assert "canonical address" in done.warnings[0]
    assert "has the same address as" in done.warnings[1]
    assert not done.failures


@pytest.mark.parametrize(
    "address", ["http://[broken", "http://host:port/", "javascript:x", "//", "", "a" * 70_000]
)
async def test_a_canonical_address_that_is_none_is_passed_over(address: str, tmp_path: Path) -> None:
    done = await crawl({"/a": html("A", f'<link rel=canonical href="{address}">')}, tmp_path)
    assert (done.routes, done.problems) == (["/a"], [])


async def test_redirects_within_the_site_are_followed(tmp_path: Path) -> None:
    async with running_site() as site:
        site.answers = {
            "/sitemap.xml": sitemap(f"{site.url}/old", f"{site.url}/new/"),
            "/old": redirect("new"),
            "/new": redirect(f"{site.url}/new/#top", 301),
            "/new/": html("New"),
        }
        done = await crawl_site(site, tmp_path)
    assert done.routes == ["/new/"]
    assert "it is read once" in done.warnings[0]


async def test_robots_txt_and_noindex_are_honoured(tmp_path: Path) -> None:
    done = await crawl(
        {
            "/robots.txt": Reply(body=b"User-agent: *\nDisallow: /private/\nAllow: /private/open\n"),
            "/private/x": html("X"),
            "/private/open": html("Open"),
            "/meta": html("H", '<meta name="Robots" content="NoIndex, follow">'),
            "/header": html("H", **{"X-Robots-Tag": "noindex"}),
            "/ours": html("H", **{"X-Robots-Tag": "footnote-ingest: none"}),
            "/others": html("Others", **{"X-Robots-Tag": "googlebot: noindex"}),
            "/moved": redirect("/private/x"),
        },
        tmp_path,
    )
    assert done.routes == ["/private/open", "/others"]
    assert done.failures == {"/moved": f"it redirects to {done.site.url}/private/x, which robots.txt forbids"}
    assert "/private/x" not in done.site.asked


@pytest.mark.parametrize("status", [404, 403, 410])
async def test_a_site_without_robots_txt_may_be_read(status: int, tmp_path: Path) -> None:
    assert (await crawl({"/robots.txt": Reply(status), "/a": html("A")}, tmp_path)).routes == ["/a"]


async def test_a_page_in_place_of_robots_txt_holds_no_rules(tmp_path: Path) -> None:
    shell = Reply(body=b"<!doctype html>\nDisallow: /", headers={"Content-Type": "text/html"})
    assert (await crawl({"/robots.txt": shell, "/a": html("A")}, tmp_path)).routes == ["/a"]


@pytest.mark.parametrize(
    "answer",
    [Reply(500), Reply(503), Reply(429), Reply(delay_seconds=60)],
    ids=["500", "503", "429", "silence"],
)
async def test_a_site_that_cannot_say_what_may_be_read_is_left_alone(answer: Reply, tmp_path: Path) -> None:
    async with running_site({"/robots.txt": answer, "/a": html("A")}) as site:
        with pytest.raises(SourceError, match="try again later"):
            await crawl_site(site, tmp_path, limits=IMPATIENT)
    assert set(site.asked) == {"/robots.txt"}


async def test_robots_txt_that_forbids_everything_ends_the_crawl(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"robots.txt forbids 1 of them"):
        await crawl({"/robots.txt": Reply(body=b"User-agent: *\nDisallow: /"), "/a": html("A")}, tmp_path)


async def test_no_more_requests_at_once_than_agreed(tmp_path: Path) -> None:
    pages = {f"/{n}": replace(html(str(n)), delay_seconds=0.02) for n in range(30)}
    done = await crawl(pages, tmp_path, limits=replace(QUICK, concurrency=3))
    assert len(done.pages) == 30
    assert done.site.most_at_once == 3


async def test_the_pause_that_robots_txt_asks_for_is_kept(tmp_path: Path) -> None:
    rules = Reply(body=b"User-agent: footnote-ingest\nCrawl-delay: 0.1\n")
    started = time.monotonic()
    done = await crawl({"/robots.txt": rules, **{f"/{n}": html(str(n)) for n in range(5)}}, tmp_path)
    assert len(done.pages) == 5
    assert time.monotonic() - started > 0.5  # the sitemap and five pages


async def test_a_pause_that_makes_the_crawl_endless_is_said_at_once(tmp_path: Path) -> None:
    rules = Reply(body=b"User-agent: *\nCrawl-delay: 3600\n")
    limits = replace(QUICK, crawl_seconds=3600 * 2)
    with pytest.raises(SourceError, match=r"makes 3\.0 hours for 3 pages"):
        await crawl(
            {"/robots.txt": rules, "/a": html("A"), "/b": html("B"), "/c": html("C")}, tmp_path, limits=limits
        )


@pytest.mark.parametrize(
    "failing",
    [Reply(503), Reply(500), Reply(429, headers={"Retry-After": "1"}), Reply(length=100, body=b"x")],
    ids=["503", "500", "429", "cut off"],
)
async def test_what_may_pass_is_tried_again(failing: Reply, tmp_path: Path) -> None:
    answers = iter([failing, html("A")])
    started = time.monotonic()
    done = await crawl({"/a": lambda request: next(answers)}, tmp_path)
    assert done.routes == ["/a"]
    assert not done.problems
    assert (time.monotonic() - started >= 1) == ("Retry-After" in failing.headers)


async def test_a_host_that_wants_to_be_left_alone_for_long_is(tmp_path: Path) -> None:
    busy = Reply(429, headers={"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"})
    done = await crawl({"/a": busy, "/b": html("B")}, tmp_path)
    assert "answers 429 and wants no request for" in done.failures["/a"]
    assert done.site.asked.count("/a") == 1


async def test_what_the_crawler_says_of_itself(tmp_path: Path) -> None:
    cookie = html("A", **{"Set-Cookie": "session=1; Path=/"})
    done = await crawl(
        {"/a": cookie, "/b": cookie, "/c": cookie}, tmp_path, limits=replace(QUICK, concurrency=1)
    )
    assert len(done.pages) == 3
    for request in done.site.requests:
        assert request.headers["user-agent"] == "footnote-ingest"
        assert request.headers["accept-encoding"] == "gzip"
        assert not {"cookie", "authorization", "referer"} & request.headers.keys()


def test_an_address_with_a_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="without a name or password") as caught:
        SitemapSource("http://me:secret@127.0.0.1/sitemap.xml", "", cache=tmp_path)
    assert "secret" not in str(caught.value)


async def test_an_unchanged_page_is_not_sent_again(tmp_path: Path) -> None:
    def page(request: Request) -> Reply:
        same = request.headers.get("if-none-match") == '"v1"'
        return Reply(304) if same else html("Tagged", ETag='"v1"')

    def dated(request: Request) -> Reply:
        date = "Wed, 01 Jan 2025 00:00:00 GMT"
        same = request.headers.get("if-modified-since") == date
        return Reply(304) if same else html("Dated", **{"Last-Modified": date})

    async with running_site({"/tagged": page, "/dated": dated, "/plain": html("Plain")}) as site:
        site.answers["/sitemap.xml"] = sitemap(*(site.url + p for p in ("/tagged", "/dated", "/plain")))
        first = await crawl_site(site, tmp_path)
        before = site.sent_bytes
        second = await crawl_site(site, tmp_path)
        assert site.sent_bytes - before == len(html("Plain").body) + len(site.answers["/sitemap.xml"].body)
    assert first.pages == second.pages
    assert len(second.pages) == 3


async def test_a_kept_page_that_turns_away_robots_leaves_the_index(tmp_path: Path) -> None:
    answers = iter([html("A", ETag='"v1"'), Reply(304, headers={"X-Robots-Tag": "noindex"})])
    async with running_site({"/a": lambda request: next(answers), "/b": html("B")}) as site:
        site.answers["/sitemap.xml"] = sitemap(f"{site.url}/a", f"{site.url}/b")
        assert (await crawl_site(site, tmp_path)).routes == ["/a", "/b"]
        assert (await crawl_site(site, tmp_path)).routes == ["/b"]


async def test_copies_of_pages_that_are_gone_are_deleted(tmp_path: Path) -> None:
    async with running_site({"/a": html("A", ETag="a"), "/b": html("B", ETag="b")}) as site:
        site.answers["/sitemap.xml"] = sitemap(f"{site.url}/a", f"{site.url}/b")
        await crawl_site(site, tmp_path)
        assert len(list(tmp_path.iterdir())) == 2
        site.answers["/sitemap.xml"] = sitemap(f"{site.url}/a")
        await crawl_site(site, tmp_path)
        assert len(list(tmp_path.iterdir())) == 1


async def test_a_damaged_copy_is_downloaded_again(tmp_path: Path) -> None:
    async with running_site({"/a": html("A", ETag="a")}) as site:
        site.answers["/sitemap.xml"] = sitemap(f"{site.url}/a")
        await crawl_site(site, tmp_path)
        (copy,) = tmp_path.iterdir()
        for damage in (b"", b"no gzip", copy.read_bytes()[:-20], gzip.compress(b"[1]"), gzip.compress(b"{}")):
            copy.write_bytes(damage)
            assert (await crawl_site(site, tmp_path)).routes == ["/a"]
            assert "if-none-match" not in site.requests[-1].headers


async def test_a_folder_that_cannot_be_written_costs_only_the_copies(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = await crawl({"/a": html("A", ETag="a")}, tmp_path / "file" / "crawl")
    assert done.routes == ["/a"]
    assert "downloaded again every time" in done.warnings[0]


def entry(path: str, **fields: object) -> dict[str, object]:
    known = {"kind": "docs", "plugin": "default", "version": None, "id": path, "source": None, "path": path}
    return {**known, "title": None, "unlisted": False, "noIndex": False, **fields}


def manifest(*pages: dict[str, object]) -> Reply:
    content = {"schema": 1, "url": "", "baseUrl": "/", "locale": "en", "trailingSlash": None, "pages": pages}
    return Reply(body=json.dumps(content).encode(), headers={"Content-Type": "application/json"})


async def test_the_sites_manifest_says_what_a_page_is(tmp_path: Path) -> None:
    pages = {path: html(path) for path in ("/a", "/b c", "/unlisted", "/noindex", "/other")}
    answers = {path.replace(" ", "%20"): page for path, page in pages.items()}
    async with running_site(answers) as site:
        site.answers["/sitemap.xml"] = sitemap(*(site.url + path for path in answers))
        site.answers["/footnote-manifest.json"] = manifest(
            entry("/a", version="2.0", title="The title"),
            entry("/b c", kind="blog"),
            entry("/unlisted", unlisted=True),
            entry("/noindex", noIndex=True),
        )
        done = await crawl_site(site, tmp_path)
    assert [(p.route, p.title, p.kind, p.version) for p in done.pages] == [
        ("/a", "The title", "docs", "2.0"),
        ("/b c", "/b c", "blog", ""),
        ("/other", "/other", "docs", ""),
    ]
    assert not done.problems


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Reply(body=b"{"), "is no manifest that can be used"),
        (Reply(body=b"[]"), "is no manifest that can be used"),
        (manifest(entry("//evil.example.com")), "is no manifest that can be used"),
        (Reply(500), "it answers 500; the manifest is not used"),
        (
            redirect("https://other.example.com/m.json"),
            "another origin, https://other.example.com; the manifest",
        ),
    ],
)
async def test_a_manifest_that_cannot_be_used_is_named(answer: Reply, message: str, tmp_path: Path) -> None:
    done = await crawl({"/footnote-manifest.json": answer, "/a": html("A")}, tmp_path, listed=["/a"])
    assert done.routes == ["/a"]
    assert [problem.file for problem in done.problems] == [f"{done.site.url}/footnote-manifest.json"]
    assert message in done.warnings[0]


@pytest.mark.parametrize("answer", [Reply(404), html("Not found")], ids=["404", "a page"])
async def test_a_site_without_a_manifest_is_no_warning(answer: Reply, tmp_path: Path) -> None:
    done = await crawl({"/footnote-manifest.json": answer, "/a": html("A")}, tmp_path, listed=["/a"])
    assert (done.routes, done.problems) == (["/a"], [])


async def test_a_page_that_is_indexed_as_it_is_is_not_parsed_again(tmp_path: Path) -> None:
    pages = {path: html(path, ETag=path) for path in ("/a", "/b", "/c")}
    async with running_site(pages) as site:
        site.answers["/sitemap.xml"] = sitemap(*(site.url + path for path in pages))
        site.answers["/footnote-manifest.json"] = manifest(entry("/b"), entry("/c"))
        known = {page.route: page.digest for page in (await crawl_site(site, tmp_path)).pages}
        assert all(known.values())
        source = SitemapSource(f"{site.url}/sitemap.xml", "", cache=tmp_path, limits=QUICK)

        site.answers |= {"/a": html("new")}
        site.answers["/footnote-manifest.json"] = manifest(entry("/b"), entry("/c", version="2.0"))
        items = [item async for item in source.pages(known)]
    changed, same, told = items
    assert (changed.route, same, told.route, told.version) == ("/a", Unchanged("/b"), "/c", "2.0")
    assert changed.digest != known["/a"]


async def test_a_page_with_something_to_say_is_read_every_time(tmp_path: Path) -> None:
    (page,) = (await crawl({"/a": html(f"A<h2>{'h' * 900}</h2>")}, tmp_path)).pages
    assert page.digest == ""
