"""Docusaurus' rules: the cases the documentation of Docusaurus names, and a site with all of them at once."""

import json
from pathlib import Path

import pytest

from footnote_core.models import Page
from footnote_ingest.routes import (
    SiteUrls,
    Slugger,
    blog_names,
    doc_names,
    explicit_id,
    join,
    page_names,
    slugify,
)
from footnote_ingest.sources.files import FilesSource

SITES = Path(__file__).parents[2] / "fixtures" / "sites"


@pytest.mark.parametrize(
    ("relative", "front_matter", "slug"),
    [
        ("intro.md", {}, "/intro"),
        ("01-intro.md", {}, "/intro"),
        ("01-guides/02 - setup.mdx", {}, "/guides/setup"),
        ("2021-11-30-news.md", {}, "/2021-11-30-news"),
        ("7.0-changes.md", {}, "/7.0-changes"),
        ("01-a.md", {"number_prefixes": False}, "/01-a"),
        ("index.md", {}, "/"),
        ("guides/README.mdx", {}, "/guides/"),
        ("guides/Guides.md", {}, "/guides/"),
        ("guides/index.md", {"id": "start"}, "/guides/"),
        ("guides/index.md", {"slug": "start"}, "/guides/start"),
        ("guides/setup.md", {"id": "install"}, "/guides/install"),
        ("guides/setup.md", {"slug": "/top/"}, "/top/"),
        ("guides/setup.md", {"slug": "../up"}, "/up"),
        ("guides/setup.md", {"slug": "./here/"}, "/guides/here/"),
        ("docusaurus.config.js.mdx", {}, "/docusaurus.config.js"),
    ],
)
def test_slug_of_a_docs_file(relative, front_matter, slug):
    assert doc_names(relative, **front_matter).slug == slug


def test_id_keeps_the_directories_without_their_prefixes():
    assert doc_names("01-guides/02-setup.md", id="start").id == "guides/start"


@pytest.mark.parametrize("front_matter", [{"id": "a/b"}, {"slug": "what?"}, {"slug": "/a#b"}])
def test_an_id_or_slug_that_docusaurus_refuses_is_refused(front_matter):
    with pytest.raises(ValueError, match=r"slash|valid path"):
        doc_names("a.md", **front_matter)


@pytest.mark.parametrize(
    ("arguments", "route"),
    [
        (("/docs", "/intro"), "/docs/intro"),
        (("/docs", "/"), "/docs/"),
        (("/x/", "/intro", "/x/"), "/x/intro"),
        (("/x/", "/", "/x/", False), "/x/"),
        (("/", "/", "/", True), "/"),
        (("/docs/2.0", "/intro", "/", True), "/docs/2.0/intro/"),
        (("/docs/next", "/guides/", "/", False), "/docs/next/guides"),
    ],
)
def test_route_of_a_slug(arguments, route):
    assert join(*arguments) == route


@pytest.mark.parametrize(
    ("relative", "slug", "text"),
    [
        ("2021-08-26-welcome.md", "/2021/08/26/welcome", "welcome"),
        ("2021-08-26-welcome/index.mdx", "/2021/08/26/welcome", "welcome"),
        ("2021/08/26/welcome.md", "/2021/08/26/welcome", "welcome"),
        ("2021/8-26-welcome.md", "/2021/8/26/welcome", "welcome"),
        ("news/2021-08-26-welcome.md", "/2021/08/26/news/welcome", "welcome"),
        ("first-post.md", "/first-post", "first-post"),
        ("team/index.md", "/team", "team"),
    ],
)
def test_slug_of_a_blog_post(relative, slug, text):
    assert (blog_names(relative).slug, blog_names(relative).base_id) == (slug, text)
    assert blog_names(relative, slug="own").slug == "own"


@pytest.mark.parametrize(
    ("relative", "slug"),
    [
        ("about.md", "/about"),
        ("index.mdx", "/"),
        ("team/Index.md", "/team/"),
        ("team/us.v2.md", "/team/us.v2"),
    ],
)
def test_slug_of_a_standalone_page(relative, slug):
    assert page_names(relative).slug == slug


def test_a_page_that_docusaurus_cannot_serve_needs_a_slug():
    with pytest.raises(ValueError, match="cannot serve"):
        page_names("über uns.md")
    assert page_names("über uns.md", slug="/about-us").slug == "/about-us"


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Hello, World!", "hello-world"),
        ("Fast Track ⏱️", "fast-track-️"),
        ("`docusaurus.config.js` & more", "docusaurusconfigjs--more"),
        ("snake_case-and ÄÖÜ", "snake_case-and-äöü"),
        ("日本語", "日本語"),
        ("½ ² №", "--"),
    ],
)
def test_slugify(text, slug):
    assert slugify(text) == slug


def test_slugs_of_one_file_are_unique():
    slugger = Slugger()
    assert [slugger.slug(t) for t in ("Same", "Same", "Same-1", "Same")] == [
        "same",
        "same-1",
        "same-1-1",
        "same-2",
    ]


@pytest.mark.parametrize(
    ("source", "shown", "anchor"),
    [
        ("Title {#my-id}", "Title", "my-id"),
        ("Title \\{#my-id}", "Title", "my-id"),
        ("Title {/* #my-id */}", "Title", "my-id"),
        ("Title {/* #my-id more words */}", "Title", "my-id"),
        ("Title <!-- #my-id -->", "Title", "my-id"),
        ("Title {/* just a comment */}", "Title {/* just a comment */}", None),
        ("Title {#a} end", "Title {#a} end", None),
    ],
)
def test_ids_that_authors_write(source, shown, anchor):
    assert explicit_id(source) == (shown, anchor)


@pytest.mark.parametrize(("position", "trailing_slash"), [(0, None), (1, True), (2, False)])
async def test_every_page_of_the_torture_site_is_what_docusaurus_builds(position, trailing_slash):
    """Two locales, three versions, two docs plugins, blog and pages; `golden.mjs` makes torture.json."""
    built = json.loads((SITES / "torture.json").read_text("utf-8"))
    source = FilesSource(SITES / "torture", SiteUrls(trailing_slash=trailing_slash))
    found = {f"{page.locale} {page.source}": page async for page in source.pages() if isinstance(page, Page)}
    assert found.keys() == {name for name, want in built.items() if not want["hidden"]}
    for name, page in found.items():
        want = built[name]
        assert page.route == want["routes"][position], name
        assert page.title == want["title"] or want["title"] is None, name
        everywhere = want["plugin"] == "community" and want["latest"]
        version = "" if everywhere else want["version"] or ""
        assert (page.kind, page.version) == (want["kind"], version), name
        assert page.latest == (want["latest"] is not False), name
        assert [s.anchor for s in page.sections if s.anchor] == [anchor for _, anchor in want["anchors"]], (
            name
        )
        assert [row for s in page.sections for _, row in s.rows] == want["rows"], name
