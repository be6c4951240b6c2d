"""Which release of Docusaurus a site uses, and what of its Markdown depends on it."""

import json
from pathlib import Path

import pytest

from footnote_ingest.packages import has_release
from footnote_ingest.routes import SiteUrls
from footnote_ingest.site import read_site
from tests.unit.ingest.site import write_site

V4 = "export default {title: 'x',\n future: {v4: true}};"
OLD, NEW = '{"version": "3.9.2"}', '{"version": "3.10.2"}'
INSTALLED = "node_modules/@docusaurus/core/package.json"


def needs(range: str, kind: str = "dependencies") -> str:
    return json.dumps({kind: {"@docusaurus/core": range}})


def npm(*versions: str) -> str:
    packages = {f"{'x/' * n}node_modules/@docusaurus/core": {"version": v} for n, v in enumerate(versions)}
    return json.dumps({"packages": {"": json.loads(needs("^3.0.0")), **packages}}, indent=2)


@pytest.mark.parametrize(
    ("files", "answer"),
    [
        ({}, None),
        ({INSTALLED: OLD}, False),
        ({INSTALLED: NEW}, True),
        ({INSTALLED: '{"version": "3.10.0-canary-6789"}'}, True),
        ({INSTALLED: NEW, "package-lock.json": npm("3.9.2"), "package.json": needs("3.9.2")}, True),
        ({"../" + INSTALLED: OLD, "package-lock.json": npm("3.10.0")}, False),
        ({INSTALLED: "{", "package.json": needs("3.9.2")}, False),
        ({"package-lock.json": npm("3.9.2"), "package.json": needs("^3.10.0")}, False),
        ({"package-lock.json": npm("3.10.0", "3.11.0")}, True),
        ({"package-lock.json": npm("3.10.0", "3.9.2"), "package.json": needs("3.9.2")}, None),
        ({"../package-lock.json": npm("3.10.0"), "package.json": needs("^3.9.0")}, True),
        ({"../../package-lock.json": npm("3.10.0")}, None),
        ({"yarn.lock": '"@docusaurus/core@3.9.2", "@docusaurus/core@^3.9.2":\n  version "3.9.2"\n'}, False),
        ({"yarn.lock": '"@docusaurus/core@npm:^3.9.2":\n  version: 3.10.0\n'}, True),
        ({"pnpm-lock.yaml": "packages:\n\n  '@docusaurus/core@3.10.1(react@19.0.0)':\n"}, True),
        ({"pnpm-lock.yaml": "packages:\n\n  /@docusaurus/core/3.1.0_react@18.0.0:\n"}, False),
        ({"package.json": "[]"}, None),
        ({"package.json": needs("3.9.2")}, False),
        ({"package.json": needs("~3.9.2")}, False),
        ({"package.json": needs("3.9.x")}, False),
        ({"package.json": needs("^3.9.2")}, None),
        ({"package.json": needs("^2.4.3")}, False),
        ({"package.json": needs(">=2.4.3")}, None),
        ({"package.json": needs("^3.10.1", "devDependencies")}, True),
        ({"package.json": needs(">=3.10")}, True),
        ({"package.json": needs("4.0.0-rc.1")}, True),
        ({"package.json": needs(">=3.10.0 <3.9.0 || latest")}, None),
        ({"package.json": needs("workspace:*")}, None),
    ],
)
def test_the_release_of_a_site(tmp_path: Path, files: dict[str, str], answer: bool | None) -> None:
    site = tmp_path / "repository" / "website"
    write_site(site, {"../.git/HEAD": "", "docusaurus.config.js": "", **files})
    assert has_release(site, (3, 10)) is answer


@pytest.mark.parametrize(
    ("config", "release", "spaced", "comments"),
    [
        (V4, "3.9.2", True, False),
        (V4, "3.10.0", False, True),
        (V4, "^3.9.2", True, True),
        (V4.replace("true", "{mdx1CompatDisabledByDefault: true}"), "^3.9.2", False, True),
        (V4.replace("}}", "}, markdown: {mdx1Compat: {admonitions: true}}}"), "3.10.0", True, True),
        (V4.replace("true", "false"), "3.10.0", True, False),
    ],
)
def test_the_next_major_release_is_read_as_the_site_does(
    tmp_path: Path, config: str, release: str, spaced: bool, comments: bool
) -> None:
    files = {"docusaurus.config.js": config, "package.json": needs(release), "docs/a.md": "A"}
    dialect = read_site(write_site(tmp_path, files), SiteUrls()).dialect
    assert (dialect.spaced_titles, dialect.comment_ids) == (spaced, comments)
