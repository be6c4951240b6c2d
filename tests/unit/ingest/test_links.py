"""Texts of links, as they come to the sections that they lead to."""

from pathlib import Path

import pytest

from footnote_core.models import Page
from footnote_ingest.links import links_in
from footnote_ingest.routes import SiteUrls
from footnote_ingest.sources import Problem
from footnote_ingest.sources.files import FilesSource
from tests.unit.ingest.site import write_site

TARGET = "# Target\n\nText.\n\n## Part {#part}\n\nText.\n"


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("See [the guide](./guide.md#start).", (("the guide", "./guide.md#start"),)),
        ("[two](a.md) of [them](/b 'title')", (("two", "a.md"), ("them", "/b"))),
        ("[over\nlines](a.md)", (("over lines", "a.md"),)),
        ("[spaces](<./my guide.md> 'title')", (("spaces", "./my guide.md"),)),
        ("[pairs](./guide(1).md)", (("pairs", "./guide(1).md"),)),
        ("[`useId()`](#use)", (("`useId()`", "#use"),)),
        ("![a picture](./a.png) and [out](https://example.com) [mail](mailto:x@y.z) [host](//x.y/z)", ()),
        ("[not closed](a.md", ()),
        ("\\[escaped](a.md) [over\n\nparagraphs](a.md)", ()),
        ("[x]: ./a.md\n[y] (a.md) [](a.md)", ()),
    ],
)
def test_the_links_of_a_file(markdown: str, found: tuple[tuple[str, str], ...]) -> None:
    assert links_in(markdown) == found


@pytest.mark.parametrize("piece", ["[", "[a](", "[a]", "![", "](", "[a](b", "[a](b(", "\n[\n"])
def test_a_file_of_nothing_but_brackets(piece: str) -> None:
    assert links_in(piece * 50_000) == ()


async def linked(
    site: Path, files: dict[str, str], urls: SiteUrls | None = None
) -> dict[str, tuple[str, ...]]:
    """Texts of links by the address that they lead to."""
    source = FilesSource(write_site(site, files), urls or SiteUrls())
    pages = [page async for page in source.pages() if isinstance(page, Page)]
    return {
        f"{page.route}#{section.anchor or ''}": section.linked
        for page in pages
        for section in page.sections
        if section.linked
    }


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [
        ("./target.md", "/docs/guide/target#"),
        ("target.md#part", "/docs/guide/target#part"),
        ("../guide/target.md", "/docs/guide/target#"),
        ("guide/target.md", "/docs/guide/target#"),
        ("docs/guide/target.md", "/docs/guide/target#"),
        ("./t%61rget.md#p%61rt", "/docs/guide/target#part"),
        ("/guide/target.md#part", "/docs/guide/target#part"),
        ("/docs/guide/target.md", "/docs/guide/target#"),
        ("@site/docs/guide/target.md", "/docs/guide/target#"),
        ("/docs/guide/target", "/docs/guide/target#"),
        ("/docs/guide/target/#part", "/docs/guide/target#part"),
        ("/docs/guide/target?a=b#part", "/docs/guide/target#part"),
        ("./target#part", "/docs/guide/target#part"),
        ("../guide/target", "/docs/guide/target#"),
    ],
)
async def test_a_link_leads_to_a_section(tmp_path: Path, link: str, leads_to: str) -> None:
    files = {"docs/guide/from.md": f"# From\n\n[its name]({link})\n", "docs/guide/target.md": TARGET}
    assert await linked(tmp_path, files) == {leads_to: ("its name",)}


@pytest.mark.parametrize(
    "link",
    [
        *(
            "./other.md",
            "../../target.md",
            "target.md#nowhere",
            "#from",
            "from.md",
            "/docs/from",
            "@site/x.md",
        ),
        *("< //[x]>", "<\x00//@[%>", "%", "@site/", "/", "?", "..", "<[>", "%00.md"),
    ],
)
async def test_what_leads_to_no_other_page_is_left_out(tmp_path: Path, link: str) -> None:
    files = {"docs/from.md": f"# From\n\n[its name]({link})\n", "docs/target.md": TARGET}
    assert await linked(tmp_path, files) == {}


async def test_what_a_page_is_called_belongs_to_its_first_text(tmp_path: Path) -> None:
    files = {
        "docs/from.md": "# From\n\n[its name](target.md)\n",
        "docs/target.md": "# T\n\n## A\n\n## B\n\nText.\n",
    }
    assert await linked(tmp_path, files) == {"/docs/target#b": ("its name",)}


async def test_a_relative_address_is_looked_up_as_a_browser_does(tmp_path: Path) -> None:
    files = {
        "docs/guide.md": "# Guide\n\n[Setup](setup) [Odd](with%20space) [Cafe](/docs/caf%C3%A9)\n",
        "docs/setup.md": TARGET,
        "docs/guide/setup.md": TARGET,
        "docs/with space.md": TARGET,
        "docs/café.md": TARGET,
    }
    found = await linked(tmp_path, files)
    assert found.pop("/docs/setup#") == ("Setup",)
    assert sorted(found.values()) == [("Cafe",), ("Odd",)]


async def test_front_matter_holds_no_links(tmp_path: Path) -> None:
    files = {"docs/from.md": "---\ntitle: '[its name](target.md)'\n---\n# From\n", "docs/target.md": TARGET}
    assert await linked(tmp_path, files) == {}


async def test_a_translation_does_not_name_pages_of_another_locale(tmp_path: Path) -> None:
    files = {
        "docusaurus.config.js": "module.exports = {title: 'T', url: 'https://x.y', baseUrl: '/', "
        "i18n: {defaultLocale: 'en', locales: ['en', 'fr']}, presets: [['classic', {blog: false}]]};",
        "docs/from.md": "# From\n",
        "docs/target.md": TARGET,
        "i18n/fr/docusaurus-plugin-content-docs/current/from.md": "# De\n\n[adresse](/docs/target)\n",
        "i18n/fr/docusaurus-plugin-content-docs/current/target.md": f"---\ndraft: true\n---\n{TARGET}",
    }
    assert await linked(tmp_path, files) == {}


async def test_each_text_once_and_none_of_drafts(tmp_path: Path) -> None:
    files = {
        "docs/a.md": "# A\n\n[one](target.md) [two](target.md) [one](target.md)\n",
        "docs/b.md": "# B\n\n[one](target.md)\n",
        "docs/c.md": "---\ndraft: true\n---\n# C\n\n[draft](target.md)\n",
        "docs/target.md": TARGET,
    }
    assert await linked(tmp_path, files) == {"/docs/target#": ("one", "two")}


async def test_links_stay_within_their_version_and_locale(tmp_path: Path) -> None:
    translated = "i18n/fr/docusaurus-plugin-content-docs/current"
    files = {
        "docusaurus.config.js": "module.exports = {title: 'T', url: 'https://x.y', baseUrl: '/base/', "
        "i18n: {defaultLocale: 'en', locales: ['en', 'fr']}, presets: [['classic', {blog: false}]]};",
        "docs/from.md": "# From\n\n[now](target.md) [site](/docs/target#part)\n",
        "docs/target.md": TARGET,
        "versions.json": '["1.0"]',
        "versioned_docs/version-1.0/from.md": "# From\n\n[then](target.md)\n",
        "versioned_docs/version-1.0/target.md": TARGET,
        f"{translated}/from.md": "# De\n\n[maintenant](target.md) [sur le site](/docs/target#part)\n",
    }
    assert await linked(tmp_path, files, SiteUrls(base_url="/base/")) == {
        "/base/docs/next/target#": ("now",),
        "/base/docs/target#": ("then",),
        "/base/docs/target#part": ("site",),
        "/base/fr/docs/next/target#": ("maintenant",),
        "/base/fr/docs/target#": ("then",),
        "/base/fr/docs/target#part": ("sur le site",),
    }


def odd(links: int, dead: int) -> dict[str, str]:
    """A page with links to headings, some of which are none."""
    lines = [f"- [dead](target.md#Part{n})" for n in range(dead)]
    lines += ["- [live](target.md#part)" for _ in range(links - dead)]
    return {"docs/target.md": TARGET, "docs/from.md": "\n".join(["# From", "", *lines, ""])}


async def warnings(site: Path, files: dict[str, str], known: dict[str, str] | None = None) -> list[Problem]:
    source = FilesSource(write_site(site, files), SiteUrls())
    items = [item async for item in source.pages(known or {})]
    return [
        item for item in items if isinstance(item, Problem) and "no heading that is known" in item.message
    ]


@pytest.mark.parametrize(
    ("links", "dead", "said"), [(20, 10, True), (2000, 1000, True), (20, 9, False), (19, 19, False)]
)
async def test_many_links_to_unknown_headings_are_said_once(
    tmp_path: Path, links: int, dead: int, said: bool
) -> None:
    found = await warnings(tmp_path, odd(links, dead))
    assert [(problem.file, problem.failed) for problem in found] == (
        [("docs/from.md", False)] if said else []
    )
    shown = f"links to #Part0, which is no heading that is known, like {dead:,} of {links:,} links"
    assert all(shown in problem.message for problem in found)


async def test_links_of_a_page_to_itself_and_encoded_ones_count(tmp_path: Path) -> None:
    live = "\n".join(f"[live](#{id})" for id in ("teil-%C3%BC", "teil-ü", "part") * 7)
    page = f"# Page\n\n{live}\n\n## Teil ü\n\nText.\n\n## Part\n\nText.\n"
    assert await warnings(tmp_path / "live", {"docs/page.md": page}) == []
    (warning,) = await warnings(tmp_path / "dead", {"docs/page.md": page.replace("(#", "(#X-")})
    assert "21 of 21" in warning.message


@pytest.mark.parametrize("element", ['<a name="Part{}"></a>', "<div id={{'Part{}'}} />"])
async def test_ids_that_a_page_writes_itself_are_known(tmp_path: Path, element: str) -> None:
    files = odd(20, 20)
    files["docs/target.md"] += "\n" + "\n\n".join(element.format(n) for n in range(15)) + "\n"
    assert await warnings(tmp_path, files) == []


async def test_nothing_is_said_of_links_while_pages_are_unchanged(tmp_path: Path) -> None:
    files = odd(20, 20)
    source = FilesSource(write_site(tmp_path, files), SiteUrls())
    known = {page.route: page.digest async for page in source.pages() if isinstance(page, Page)}
    assert len(await warnings(tmp_path, files)) == 1
    assert await warnings(tmp_path, {}, {"/docs/target": known["/docs/target"]}) == []
    assert await warnings(tmp_path, {}, {"/docs/from": known["/docs/from"]}) == []


async def test_links_to_pages_that_cannot_be_read_do_not_count(tmp_path: Path) -> None:
    files = odd(20, 20)
    assert await warnings(tmp_path, {**files, "docs/target.md": "---\ntitle: [\n---\n"}) == []
