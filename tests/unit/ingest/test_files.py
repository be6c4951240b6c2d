"""Which files of a site are pages, and what is said of those that cannot be."""

from pathlib import Path

import pytest

from footnote_core.errors import SourceError
from footnote_core.models import Page
from footnote_ingest.routes import SiteUrls
from footnote_ingest.sources import Problem
from footnote_ingest.sources.files import FilesSource
from tests.unit.ingest.site import write_site


async def read(root: Path) -> tuple[dict[str, Page], list[Problem]]:
    items = [item async for item in FilesSource(root, SiteUrls()).pages()]
    pages = {item.source: item for item in items if isinstance(item, Page)}
    return pages, [item for item in items if isinstance(item, Problem)]


async def test_a_site_gives_its_docs_and_nothing_else(tmp_path: Path) -> None:
    site = write_site(
        tmp_path,
        {
            "docusaurus.config.ts": "export default {title: 'x'};",
            "README.md": "Not a doc.",
            "docs/intro.mdx": "# Intro",
            "docs/build/made.md": "A folder may be called build.",
            "docs/_partial.mdx": "No page.",
            "docs/_hidden/page.md": "No page.",
            "docs/.git/page.md": "No page.",
            "docs/node_modules/x/readme.md": "No page.",
            "docs/draft.md": "---\ndraft: true\n---\nSecret.",
            "docs/unlisted.md": "---\nunlisted: true\n---\nSecret.",
            "docs/picture.png": b"\x89PNG",
        },
    )
    pages, problems = await read(site)
    assert {name: page.route for name, page in pages.items()} == {
        "docs/intro.mdx": "/docs/intro",
        "docs/build/made.md": "/docs/build/made",
    }
    assert not problems


async def test_a_plain_folder_is_read_whole_but_for_its_build(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"README.md": "# Home", "a/b.md": "B", "build/x.md": "No page."})
    pages, _ = await read(site)
    assert {page.route for page in pages.values()} == {"/docs/", "/docs/a/b"}


@pytest.mark.parametrize(
    ("name", "content", "line", "message"),
    [
        ("docs/bad.md", "---\ntitle: a: b\n---\n", 2, "front matter cannot be read"),
        ("docs/bad.md", "---\nid: a/b\n---\n", 1, "cannot contain a slash"),
        ("docs/bad.md", "---\ntitle: x\nslug: a?b\n---\n", 3, "not a valid path"),
        ("docs/bad.mdx", "Text\n\n<Tabs>\n", 3, "<Tabs> is never closed"),
        ("docs/bad.md", b"fine\n\xff\xfe\n", 2, "not UTF-8"),
        ("docs/bad.md", "word " * 1_000_000, 1, "too large to index (5.0 MB, the limit is 2 MB)"),
    ],
)
async def test_a_bad_page_is_named_with_its_line_and_the_rest_is_read(
    tmp_path: Path, name: str, content: str | bytes, line: int, message: str
) -> None:
    pages, problems = await read(write_site(tmp_path, {"docs/good.md": "# Good", name: content}))
    assert set(pages) == {"docs/good.md"}
    (problem,) = problems
    assert (problem.file, problem.line, problem.failed) == (name, line, True)
    assert message in problem.message


async def test_two_pages_with_one_route_are_both_named(tmp_path: Path) -> None:
    site = write_site(
        tmp_path,
        {
            "docs/a.md": "---\ntitle: A\nslug: /same\n---\n",
            "docs/b.md": "---\nslug: /same\n---\n",
            "docs/c.md": "C",
        },
    )
    pages, problems = await read(site)
    assert set(pages) == {"docs/c.md"}
    assert [(p.file, p.line) for p in problems] == [("docs/a.md", 3), ("docs/b.md", 2)]
    assert "docs/b.md" in problems[0].message
    assert "/docs/same" in problems[0].message


@pytest.mark.parametrize("specifier", [f"./{'a' * 300}.md", f"@site/{'a/' * 3000}b.md", "./a\0.md"])
async def test_a_partial_that_no_file_can_be_is_missing(tmp_path: Path, specifier: str) -> None:
    page = f"import Part from '{specifier}';\n\n<Part />\n\nText.\n"
    pages, (problem,) = await read(write_site(tmp_path, {"docs/a.md": page}))
    assert "cannot be read" in problem.message
    assert pages["docs/a.md"].sections[0].text == "Text."


async def test_a_page_without_its_partial_is_kept_with_a_note(tmp_path: Path) -> None:
    text = "import Part from './_gone.mdx';\n\nText.\n\n<Part />\n"
    pages, (problem,) = await read(write_site(tmp_path, {"docs/a.mdx": text}))
    assert pages["docs/a.mdx"].sections[0].text == "Text."
    assert (problem.line, problem.failed) == (5, False)


async def test_links_out_of_the_site_are_not_followed(tmp_path: Path) -> None:
    outside = write_site(tmp_path / "outside", {"secret.md": "Secret.", "_part.mdx": "Secret."})
    site = write_site(
        tmp_path / "site",
        {"docs/a.mdx": "import P from '../../outside/_part.mdx';\n\nText.\n\n<P />\n", "docs/sub/b.md": "B"},
    )
    (site / "docs" / "folder").symlink_to(outside)
    (site / "docs" / "file.md").symlink_to(outside / "secret.md")
    (site / "docs" / "sub" / "loop").symlink_to(site / "docs")
    pages, problems = await read(site)
    assert set(pages) == {"docs/a.mdx", "docs/sub/b.md"}
    assert "Secret" not in str(pages)
    assert {p.file for p in problems} == {"docs/folder", "docs/file.md", "docs/a.mdx"}
    assert not any(p.failed for p in problems)


async def test_versions_have_their_own_routes(tmp_path: Path) -> None:
    site = write_site(
        tmp_path,
        {
            "versions.json": '["2.0", "1.0"]',
            "docs/a.md": "A",
            "versioned_docs/version-2.0/a.md": "A",
            "versioned_docs/version-1.0/a.md": "A",
        },
    )
    pages, _ = await read(site)
    assert {(p.version, p.route) for p in pages.values()} == {
        ("current", "/docs/next/a"),
        ("2.0", "/docs/a"),
        ("1.0", "/docs/1.0/a"),
    }


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"docs/a.txt": "text"}, "no .md or .mdx files"),
        ({"docusaurus.config.js": ""}, "no docs folder"),
        ({"docs/a.md": "A", "versions.json": "{"}, "versions.json cannot be read"),
        ({"docs/a.md": "A", "versions.json": '["../x"]'}, "not a list of version names"),
        ({"docs/a.md": "A", "versions.json": '["2.0"]'}, "does not exist"),
    ],
)
async def test_a_site_without_pages_is_refused(tmp_path: Path, files: dict[str, str], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        await read(write_site(tmp_path, files))


async def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        await read(tmp_path / "gone")
