"""A site gives the same pages from its files and from what Docusaurus makes of them.

`tests/fixtures/crawl` holds both; `python -m tests.support.golden_site` builds the pages anew.
"""

import difflib
import re
from pathlib import Path

import pytest

from footnote_core.models import Page, Section
from footnote_ingest.routes import SiteUrls
from footnote_ingest.sources import Problem
from footnote_ingest.sources.files import FilesSource
from footnote_ingest.sources.sitemap import SitemapSource
from tests.support.golden_site import BUILD, SITE
from tests.support.sites import Reply, running_site, sitemap

ORIGIN = "https://orchard.example.com"
"""The site's `url`, which its sitemaps name."""
SIMILAR = 0.95


def facts(page: Page) -> tuple[object, ...]:
    return page.title, page.version, page.locale, page.kind, page.description, page.keywords


def outline(section: Section) -> tuple[object, ...]:
    return section.anchor, section.heading, section.level, section.path, section.rows


def plain(text: str) -> str:
    """Words and code of a section; how they are marked up may differ."""
    text = re.sub(r"^[ \t]*(?:`{3,}|~{3,}).*$", "", text, flags=re.M)
    text = re.sub(r"^\|(?: :?-+:? \|)+$", "", text, flags=re.M)
    return " ".join(re.sub(r"[`*_~|\\]|^[> \t]*(?:[-+]|\d+\.)[ \t]", " ", text, flags=re.M).split())


def likeness(a: Section, b: Section) -> float:
    return difflib.SequenceMatcher(None, plain(a.text), plain(b.text), autojunk=False).ratio()


async def from_files() -> tuple[dict[str, Page], list[Problem]]:
    items = [item async for item in FilesSource(SITE, SiteUrls()).pages()]
    return {i.route: i for i in items if isinstance(i, Page)}, [i for i in items if isinstance(i, Problem)]


async def from_crawl(cache: Path, *, manifest: bool = True) -> tuple[dict[str, Page], list[Problem]]:
    async with running_site(folder=BUILD) as site:
        site.answers["/all.xml"] = sitemap(
            f"{ORIGIN}/sitemap.xml", f"{ORIGIN}/fr/sitemap.xml", kind="sitemapindex"
        )
        if not manifest:
            site.answers |= {f"{base}/footnote-manifest.json": Reply(404) for base in ("", "/fr")}
        source = SitemapSource(f"{site.url}/all.xml", ORIGIN, cache=cache)
        items = [item async for item in source.pages()]
    return {i.route: i for i in items if isinstance(i, Page)}, [i for i in items if isinstance(i, Problem)]


KNOWN = {
    ("/docs/next/", "apples"): "`:apple:` stands as it is written in the files; Docusaurus makes it an emoji",
}
"""Sections whose texts differ by more, and why."""


@pytest.mark.parametrize("manifest", [True, False], ids=["with manifest", "without"])
async def test_files_and_crawl_give_the_same_pages(manifest: bool, tmp_path: Path) -> None:
    files, file_problems = await from_files()
    crawled, crawl_problems = await from_crawl(tmp_path, manifest=manifest)
    assert not file_problems + crawl_problems
    assert crawled.keys() == files.keys()
    assert len(files) == 18
    for route, page in files.items():
        other = crawled[route]
        assert facts(other) == facts(page), route
        assert [outline(s) for s in other.sections] == [outline(s) for s in page.sections], route


async def test_files_and_crawl_give_nearly_the_same_text(tmp_path: Path) -> None:
    files, _ = await from_files()
    crawled, _ = await from_crawl(tmp_path)
    scores = {
        (route, a.anchor): likeness(a, b)
        for route, page in files.items()
        for a, b in zip(page.sections, crawled[route].sections, strict=True)
    }
    assert len(scores) > 50
    different = {place: round(score, 3) for place, score in scores.items() if score < SIMILAR}
    assert different.keys() == KNOWN.keys(), different


async def test_lists_of_pages_drafts_and_unlisted_pages_are_in_neither(tmp_path: Path) -> None:
    files, _ = await from_files()
    crawled, _ = await from_crawl(tmp_path)
    left_out = (
        "/hidden",
        "/draft",
        "/tags",
        "/tags/start",
        "/tags/harvest",
        "/archive",
        "/category/guides",
        "/blog",
    )
    assert not [route for route in (*files, *crawled) if route.rstrip("/").endswith(left_out)]


async def test_a_site_that_did_not_change_is_not_downloaded_again(tmp_path: Path) -> None:
    async with running_site(folder=BUILD) as site:
        source = SitemapSource(f"{site.url}/sitemap.xml", ORIGIN, cache=tmp_path)
        first = [item async for item in source.pages()]
        everything = site.sent_bytes
        assert [item async for item in source.pages()] == first
        around = sum((BUILD / name).stat().st_size for name in ("sitemap.xml", "footnote-manifest.json"))
        assert site.sent_bytes - everything == around


def test_a_text_that_lacks_something_is_not_alike() -> None:
    whole = Section("a", "A", 2, (), "Sharp tools heal fast.\n\n- look at the buds\n- wait for a dry day", 1)
    assert likeness(whole, whole) == 1
    assert likeness(whole, Section("a", "A", 2, (), "Sharp tools heal fast.", 1)) < SIMILAR
