"""The manifest of a build: what is taken from it, what is said of differences, what makes it useless."""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from footnote_core.models import Page, Section
from footnote_ingest.manifest import Entry
from footnote_ingest.reconcile import with_built_ids
from footnote_ingest.routes import SiteUrls
from footnote_ingest.sources import Problem
from footnote_ingest.sources.files import FilesSource
from tests.unit.ingest.site import write_site

CONFIG = {"docusaurus.config.ts": "export default {title: 'x', ...shared()};"}
PLAIN = {"docusaurus.config.ts": "export default {title: 'x'};"}
SITES = Path(__file__).parents[2] / "fixtures" / "sites"
BUILT_AT = 1_700_000_000


def entry(site: Path, source: str, path: str, **fields: Any) -> dict[str, Any]:
    """An entry about the file as it is."""
    file = site / source
    digest = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "0" * 64
    told = {"kind": "docs", "plugin": "default", "version": "current", "latest": True, "title": None}
    ids = {"id": Path(source).stem, "unlisted": False, "noIndex": False, "digest": digest}
    return {**told, **ids, "source": source, "path": path, **fields}


def publish(site: Path, *pages: dict[str, Any], folder: str = "build", **fields: Any) -> None:
    """Write a manifest of the time BUILT_AT."""
    head = {"schema": 1, "url": "https://example.com", "baseUrl": "/", "locale": "en", "trailingSlash": None}
    path = write_site(
        site, {f"{folder}/footnote-manifest.json": json.dumps({**head, **fields, "pages": pages})}
    )
    os.utime(path / folder / "footnote-manifest.json", (BUILT_AT, BUILT_AT))


async def read(site: Path) -> tuple[dict[str, Page], list[Problem]]:
    items = [item async for item in FilesSource(site, SiteUrls()).pages()]
    pages = {f"{item.locale} {item.source}": item for item in items if isinstance(item, Page)}
    return pages, [item for item in items if isinstance(item, Problem)]


async def test_paths_that_only_the_configuration_knows_come_from_the_build(tmp_path: Path) -> None:
    names = [
        "docs/a.md",
        "docs/b.md",
        "versioned_docs/version-1/a.md",
        "manual/deep/x.md",
        "posts/2020-01-02-p.md",
    ]
    site = write_site(tmp_path, {**CONFIG, **dict.fromkeys(names, "Text."), "versions.json": '["1"]'})
    publish(
        site,
        entry(site, names[0], "/base/handbook/edge/a/"),
        entry(site, names[1], "/base/handbook/edge/b/"),
        entry(site, names[2], "/base/handbook/a/", version="1"),
        entry(site, names[3], "/base/m/deep/x/", plugin="manual", id="deep/x"),
        entry(site, names[4], "/base/news/2020/01/02/p/", kind="blog", version=None, id="/2020/01/02/p"),
        baseUrl="/base/",
        trailingSlash=True,
    )
    pages, problems = await read(site)
    assert {name: page.route for name, page in pages.items()} == {
        "en docs/a.md": "/base/handbook/edge/a/",
        "en docs/b.md": "/base/handbook/edge/b/",
        "en versioned_docs/version-1/a.md": "/base/handbook/a/",
        "en manual/deep/x.md": "/base/m/deep/x/",
        "en posts/2020-01-02-p.md": "/base/news/2020/01/02/p/",
    }
    assert not any(p.failed for p in problems)
    assert "/base/handbook/edge/" in problems[0].message, "the folder's path differs, and both are said"
    assert "/base/docs/next" in problems[0].message


async def test_what_differs_is_said_and_the_build_is_followed(tmp_path: Path) -> None:
    text = "---\nslug: own\n---\n\n## One\n\nText one.\n\n## Two\n\nText two.\n\n## Three\n\nText three.\n"
    site = write_site(tmp_path, {**CONFIG, "docs/a.md": text, "docs/b.md": "B", "docs/c.md": "C"})
    anchors = [[2, "one"], [2, "zwei"], [3, "of-a-component"]]
    publish(
        site,
        entry(
            site, "docs/a.md", "/docs/elsewhere", title="Built title {/* #top */}", anchors=anchors, rows=[]
        ),
        entry(site, "docs/b.md", "/docs/b"),
        entry(site, "docs/c.md", "/docs/c"),
    )
    pages, problems = await read(site)
    page = pages["en docs/a.md"]
    assert (page.route, page.title) == ("/docs/elsewhere", "Built title")
    assert all(s.anchor in ("one", "zwei", "of-a-component") for s in page.sections)
    assert [(p.file, p.line, p.failed) for p in problems] == [
        ("docs/a.md", 2, False),
        ("docs/a.md", 1, False),
        ("docs/a.md", 1, False),
    ]
    said = " ".join(p.message for p in problems)
    assert all(
        word in said for word in ("/docs/elsewhere", "/docs/own", "'Built title'", "'a'", "#zwei", "#two")
    )


async def test_pages_that_robots_may_not_see_are_left_out(tmp_path: Path) -> None:
    site = write_site(tmp_path, {**CONFIG, "docs/a.md": "A", "docs/b.md": "B", "docs/c.md": "C"})
    publish(
        site,
        entry(site, "docs/a.md", "/docs/a"),
        entry(site, "docs/b.md", "/docs/b", unlisted=True),
        entry(site, "docs/c.md", "/docs/c", noIndex=True),
    )
    pages, problems = await read(site)
    assert (set(pages), problems) == ({"en docs/a.md"}, [])


async def test_a_file_that_was_edited_after_the_build_speaks_for_itself(tmp_path: Path) -> None:
    site = write_site(tmp_path, {**CONFIG, "docs/a.md": "A", "docs/b.md": "B"})
    publish(
        site,
        entry(site, "docs/a.md", "/manual/a"),
        entry(site, "docs/b.md", "/manual/b", title="B", anchors=[[2, "old"]], unlisted=True),
    )
    write_site(site, {"docs/b.md": "---\nslug: moved\n---\n\n# Bee\n\n## New\n", "docs/new.md": "New."})
    pages, problems = await read(site)
    edited = pages["en docs/b.md"]
    assert (edited.route, edited.title) == ("/manual/moved", "Bee")
    assert edited.sections[0].anchor == "new"
    assert pages["en docs/new.md"].route == "/manual/new", "a new file goes where its neighbours are"
    assert ["/manual/b" in p.message and "/manual/moved" in p.message for p in problems] == [False, True]


async def test_where_slugs_do_not_explain_the_build_an_edited_page_keeps_its_path(tmp_path: Path) -> None:
    site = write_site(tmp_path, {**CONFIG, "docs/x-a.md": "A", "docs/x-b.md": "B"})
    publish(site, entry(site, "docs/x-a.md", "/docs/a"), entry(site, "docs/x-b.md", "/docs/b"))
    write_site(site, {"docs/x-b.md": "Edited."})
    pages, problems = await read(site)
    assert [page.route for page in pages.values()] == ["/docs/a", "/docs/b"]
    assert len(problems) == 2


async def test_files_and_entries_without_each_other_are_reported(tmp_path: Path) -> None:
    site = write_site(tmp_path, {**CONFIG, "docs/a.md": "A", "docs/excluded.md": "X"})
    os.utime(site / "docs/excluded.md", (BUILT_AT - 10, BUILT_AT - 10))
    publish(site, entry(site, "docs/a.md", "/docs/a"), entry(site, "docs/gone.md", "/docs/gone"))
    pages, problems = await read(site)
    assert set(pages) == {"en docs/a.md"}
    assert [p.file for p in problems] == ["docs/excluded.md", "build/footnote-manifest.json"]
    assert "docs/gone.md" in problems[1].message


async def test_without_a_digest_the_time_of_the_file_decides(tmp_path: Path) -> None:
    site = write_site(tmp_path, {**CONFIG, "docs/a.md": "A", "docs/b.md": "B"})
    os.utime(site / "docs/a.md", (BUILT_AT - 10, BUILT_AT - 10))
    titled = {"title": "Built", "digest": None}
    publish(site, *(entry(site, f"docs/{n}.md", f"/docs/{n}", **titled) for n in "ab"))
    pages, _ = await read(site)
    assert [page.title for page in pages.values()] == ["Built", "b"]


async def test_every_locale_has_its_manifest_and_the_others_follow_the_default_one(tmp_path: Path) -> None:
    files = {
        "docs/a.md": "A",
        "i18n/fr/x.json": "{}",
        "i18n/fr/docusaurus-plugin-content-docs/current/a.md": "Un",
    }
    config = "export default {title: 'x', baseUrl: base(), i18n: {defaultLocale: 'en', locales: ['en', 'fr', 'de']}};"
    site = write_site(tmp_path, {"docusaurus.config.js": config, **files})
    translated = "i18n/fr/docusaurus-plugin-content-docs/current/a.md"
    publish(site, entry(site, "docs/a.md", "/b/handbook/a"), baseUrl="/b/")
    publish(site, entry(site, translated, "/b/fr/livre/a"), folder="build/fr", baseUrl="/b/fr/", locale="fr")
    pages, problems = await read(site)
    assert {name: page.route for name, page in pages.items()} == {
        "en docs/a.md": "/b/handbook/a",
        f"fr {translated}": "/b/fr/livre/a",
        "de docs/a.md": "/b/de/handbook/a",
    }
    assert len(problems) == 2


GOOD = {
    "kind": "docs",
    "plugin": "default",
    "version": None,
    "latest": None,
    "id": "a",
    "source": "docs/a.md",
}
GOOD |= {"path": "/docs/a", "title": "Wrong", "unlisted": False, "noIndex": False}


@pytest.mark.parametrize(
    "content",
    [
        "{not json",
        "[]",
        '{"schema": 1}',
        {"schema": 2},
        {"schema": "1"},
        {"pages": "none"},
        {"baseUrl": "docs"},
        {"baseUrl": "/x/"},
        {"locale": "../en"},
        {"trailingSlash": "true"},
        *(
            {"pages": [{**GOOD, **bad}]}
            for bad in (
                {"path": "../../etc/passwd"},
                {"path": "/docs/../../etc"},
                {"path": "https://evil.example/docs/a"},
                {"path": "//evil.example/docs/a"},
                {"path": "/docs/a#x"},
                {"path": "/docs\\a"},
                {"path": 7},
                {"source": "../../etc/passwd.md"},
                {"source": "/etc/passwd.md"},
                {"kind": "other"},
                {"unlisted": "no"},
                {"anchors": [["2", "x"]]},
                {"anchors": [[2, ""]]},
            )
        ),
    ],
    ids=str,
)
async def test_a_manifest_that_cannot_be_trusted_is_named_and_not_used(tmp_path: Path, content: Any) -> None:
    site = write_site(tmp_path, {**PLAIN, "docs/a.md": "A"})
    head = {"schema": 1, "url": "https://example.com", "baseUrl": "/", "locale": "en", "trailingSlash": None}
    text = content if isinstance(content, str) else json.dumps({**head, "pages": [GOOD], **content})
    write_site(site, {"build/footnote-manifest.json": text})
    pages, problems = await read(site)
    assert [(page.route, page.title) for page in pages.values()] == [("/docs/a", "a")]
    assert [(p.file, p.failed) for p in problems] == [("build/footnote-manifest.json", False)]


async def test_a_huge_manifest_is_not_read(tmp_path: Path) -> None:
    site = write_site(tmp_path, {**PLAIN, "docs/a.md": "A", "build/footnote-manifest.json": ""})
    os.truncate(site / "build/footnote-manifest.json", 65_000_000)
    pages, (problem,) = await read(site)
    assert len(pages) == 1
    assert "larger than 64 MB" in problem.message


@pytest.mark.parametrize(
    ("ours", "built", "linked"),
    [
        (["a", "b"], ["a", "b"], ["a", "b"]),
        (["a", "b"], ["a", "B"], ["a", "B"]),
        (["a", "b", "c"], ["a", "c"], ["a", "a", "c"]),
        (["a", "b"], ["b"], [None, "b"]),
        (["a"], ["x", "a", "y"], ["a"]),
        (["a", "b"], [], [None, None]),
    ],
)
def test_a_section_is_linked_where_the_build_has_its_text(
    ours: list[str], built: list[str], linked: list[str | None]
) -> None:
    sections = [Section(anchor, anchor.upper(), 2, (), "Text.", 1) for anchor in ours]
    about = Entry.model_validate({**GOOD, "anchors": tuple((2, anchor) for anchor in built)})
    found, difference = with_built_ids(sections, about)
    assert [section.anchor for section in found] == linked
    assert (difference is None) == (ours == built)


def test_only_rows_that_have_their_id_in_the_build_are_linked() -> None:
    section = Section("a", "A", 2, (), "| `x` |\n| `y` |", 1, rows=(("`x`", "x"), ("`y`", "y")))
    about = Entry.model_validate({**GOOD, "anchors": ((2, "a"),), "rows": ("y",)})
    (found,), _ = with_built_ids([section], about)
    assert found.rows == (("`y`", "y"),)


@pytest.mark.parametrize(("position", "trailing_slash"), [(0, None), (1, True), (2, False)])
async def test_a_build_that_agrees_with_the_files_says_nothing(
    tmp_path: Path, position: int, trailing_slash: bool | None
) -> None:
    """What Docusaurus built of the torture site, as manifests beside a copy of its files."""
    site = tmp_path / "site"
    shutil.copytree(SITES / "torture", site)
    built = json.loads((SITES / "torture.json").read_text("utf-8"))
    for locale, folder in (("en", "build"), ("fr", "build/fr")):
        pages = [
            entry(
                site,
                name.removeprefix(f"{locale} "),
                told["routes"][position],
                **{
                    key: told[key]
                    for key in ("kind", "plugin", "version", "latest", "id", "title", "anchors", "rows")
                },
                noIndex=told["hidden"],
            )
            for name, told in built.items()
            if name.startswith(f"{locale} ")
        ]
        base_url = "/base/" if locale == "en" else "/base/fr/"
        publish(site, *pages, folder=folder, locale=locale, baseUrl=base_url, trailingSlash=trailing_slash)
    pages, problems = await read(site)
    assert pages.keys() == {name for name, told in built.items() if not told["hidden"]}
    assert {name: page.route for name, page in pages.items()} == {
        name: built[name]["routes"][position] for name in pages
    }
    assert not [p for p in problems if "again after line" not in p.message]
