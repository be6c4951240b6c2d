"""Docusaurus' rules: the cases the documentation of Docusaurus names, and a site with all of them at once."""

import json
from pathlib import Path

import pytest

from footnote_core.models import Page
from footnote_ingest.parsers.text import without_id
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

_FOLDERS = {"monorepo": "monorepo/website"}
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


@pytest.mark.parametrize(
    "slug", ["/a b", "/ü", "/a%20b", "/[a]", "/a//b", "/é è/", "/a^b", "/.a", "/a:b@c;d"]
)
def test_a_slug_that_a_url_may_have_is_taken(slug):
    assert doc_names("a.md", slug=slug).slug == slug


@pytest.mark.parametrize(
    "front_matter",
    [
        {"id": "a/b"},
        *(
            {"slug": slug}
            for slug in ("what?", "/a#b", "/a\\b", "//a", "/a/%2E%2e/b", "/a ", "/ü%20", "/[ü]", "/a\tb")
        ),
    ],
)
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


_TORTURE = [("torture", 0, None), ("torture", 1, True), ("torture", 2, False)]
_OTHERS = [(path.stem, 0, None) for path in sorted(SITES.glob("*.json")) if path.stem != "torture"]


@pytest.mark.parametrize(("name", "position", "trailing_slash"), [*_TORTURE, *_OTHERS])
async def test_every_page_of_a_site_is_what_docusaurus_builds(name, position, trailing_slash):
    """`golden.mjs` builds the sites and writes what it got."""
    built = json.loads((SITES / f"{name}.json").read_text("utf-8"))
    site = SITES / _FOLDERS.get(name, name)
    source = FilesSource(site, SiteUrls(trailing_slash=trailing_slash))
    pages = [item async for item in source.pages() if isinstance(item, Page)]
    found = {f"{page.locale} {_key(page)}": _told(page) for page in pages}
    assert found == {
        key: (
            want["routes"][position],
            want["kind"],
            _version(want, built),
            want["latest"] is not False,
            without_id(want["title"] or found[key][4]),
            [anchor for _, anchor in want["anchors"]],
            want["rows"],
        )
        for key, want in built.items()
        if not want["hidden"]
    }


def _key(page: Page) -> str:
    """Of a file beside the site a build names no source."""
    return page.route if page.source.startswith("../") else page.source


def _version(want, built):
    """The latest of secondary docs belongs to all versions of a site that has some."""
    names = {(other["plugin"], other["version"]) for other in built.values() if other["version"]}
    several = len(names) > len({plugin for plugin, _ in names})
    everywhere = several and want["plugin"] != "default" and want["latest"]
    return "" if want["version"] is None or everywhere else want["version"]


def _told(page: Page) -> tuple[str, str, str, bool, str, list[str], list[str]]:
    anchors = [section.anchor for section in page.sections if section.anchor]
    rows = [row for section in page.sections for _, row in section.rows]
    return page.route, page.kind, page.version, page.latest, page.title, anchors, rows
