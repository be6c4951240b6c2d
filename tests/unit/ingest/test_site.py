"""What is known of a site before its pages are read: the literals of its configuration, its folders."""

from pathlib import Path

import pytest

from footnote_core.errors import SourceError
from footnote_core.models import Page
from footnote_ingest.config import UNKNOWN, Config, parse_config
from footnote_ingest.routes import SiteUrls
from footnote_ingest.site import read_site
from footnote_ingest.sources import Problem
from footnote_ingest.sources.files import FilesSource
from tests.unit.ingest.site import write_site

TEMPLATE = """
// @ts-check
import {themes} from 'prism-react-renderer'; // it's imported
const unrelated = {label: 'baseUrl'};
/** @type {import('@docusaurus/types').Config} */
const config = {
  title: 'My "Site"',
  url: process.env.URL ?? 'https://example.com',
  baseUrl: `/docs-site/`,
  organizationName, /* shorthand */
  ...shared,
  trailingSlash: false,
  i18n: {defaultLocale: 'en', locales: ['en', "fr"], localeConfigs: {fr: {baseUrl: '/francais/'}}},
  presets: [
    [
      'classic',
      /** @type {import('@docusaurus/preset-classic').Options} */
      ({
        docs: {
          sidebarPath: require.resolve('./sidebars.js'),
          editUrl: ({docPath}) => { return `https://example.com/${docPath}`; },
          routeBasePath: '/',
        },
        blog: false,
      }),
    ],
  ],
  plugins: [
    'docusaurus-plugin-sass',
    [require.resolve('@docusaurus/plugin-content-docs'), {id: 'api', path: 'api-docs'} satisfies Options],
    isProduction && 'other',
    function inline() { return {name: "it's"}; },
  ],
};
export default config;
"""


def parsed(text: str) -> Config:
    return parse_config(text.encode(), Path("/nowhere/docusaurus.config.js"), {})


def test_the_usual_configuration_is_read() -> None:
    config = parsed(TEMPLATE)
    assert config.options["title"].content == 'My "Site"'
    assert config.options["organizationName"].content is UNKNOWN
    assert config.options["unheard"].is_hidden, "the spread may bring it"
    assert [(place.line, message) for place, message in config.doubts] == [
        (11, "takes more of its options from code that is not run"),
        (31, "computes which plugins it has, with code that is not run"),
    ]
    url = config.options["url"]
    assert (url.text, url.assumed) == ("https://example.com", {"URL"})
    assert (config.options["baseUrl"].text, config.options["baseUrl"].line) == ("/docs-site/", 9)
    assert config.options["trailingSlash"].content is False
    assert [item.text for item in config.options["i18n"]["locales"].items] == ["en", "fr"]
    assert [
        (p.kind, p.id, p.options["path"].text, p.options["routeBasePath"].text) for p in config.plugins
    ] == [
        ("docs", "default", None, "/"),
        ("pages", "default", None, None),
        ("docs", "api", "api-docs", None),
    ]
    assert config.settled == {"docs", "blog", "pages"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "export default {",
        "export default {baseUrl: '/x/'",
        "export default {presets: [[[[[",
        "module.exports = require('./other')",
        "export default {" + "a: {" * 10_000,
        "export default " + "[" * 10_000,
        "export default {plugins: [" + "(" * 10_000,
        "`" * 9_999,
        "export default {title: 'never closed\n}",
        "function f() { return f(); } export default {title: f()};",
        "const f = (n) => [n, ...f(n)]; export default {title: f(1)};",
        "let a = ['x'];" + "a = a.concat(a);" * 40 + "export default {title: a.join()};",
        "let a = 'x';" + "a = a + a;" * 40 + "export default {title: a};",
        "import me from './docusaurus.config.js'; export default {title: me};",
        "while (true) {} export default {title: 'x'};",
    ],
)
@pytest.mark.timeout(10)
def test_any_configuration_is_read_or_given_up(text: str) -> None:
    assert parsed(text).file == "docusaurus.config.js"


async def routes(site: Path, urls: SiteUrls | None = None) -> dict[str, str]:
    items = [item async for item in FilesSource(site, urls or SiteUrls()).pages()]
    return {f"{item.locale} {item.source}": item.route for item in items if isinstance(item, Page)}


async def test_docs_blog_pages_and_locales_are_found_by_their_folders(tmp_path: Path) -> None:
    site = write_site(
        tmp_path,
        {
            "docusaurus.config.ts": "export default makeConfig();",
            "docs/a.md": "A",
            "docs/b.md": "B",
            "blog/2020-01-01-news.md": "News",
            "src/pages/about.md": "About",
            "api_versions.json": '["1.0"]',
            "api/x.md": "X",
            "api_versioned_docs/version-1.0/x.md": "X",
            "i18n/fr/docusaurus-plugin-content-docs/current/a.md": "---\nslug: un\n---\nUn",
            "i18n/fr/code.json": "{}",
            "i18n/de/code.json": "{}",
        },
    )
    assert await routes(site) == {
        "en docs/a.md": "/docs/a",
        "en docs/b.md": "/docs/b",
        "en blog/2020-01-01-news.md": "/blog/2020/01/01/news",
        "en src/pages/about.md": "/about",
        "en api/x.md": "/api/next/x",
        "en api_versioned_docs/version-1.0/x.md": "/api/x",
        "fr i18n/fr/docusaurus-plugin-content-docs/current/a.md": "/fr/docs/un",
        "fr docs/b.md": "/fr/docs/b",
        "fr blog/2020-01-01-news.md": "/fr/blog/2020/01/01/news",
        "fr src/pages/about.md": "/fr/about",
        "fr api/x.md": "/fr/api/next/x",
        "fr api_versioned_docs/version-1.0/x.md": "/fr/api/x",
    }
    doubts = read_site(site, SiteUrls()).doubts
    assert [(doubt.file, doubt.failed) for doubt in doubts] == [
        ("docusaurus.config.ts", False),
        ("api_versions.json", False),
    ]


async def test_the_configuration_shapes_the_routes(tmp_path: Path) -> None:
    files = {
        "docusaurus.config.js": TEMPLATE,
        "docs/a/index.md": "A",
        "api-docs/x.md": "X",
        "blog/no.md": "No",
    }
    site = write_site(tmp_path, files)
    assert await routes(site) == {
        "en docs/a/index.md": "/docs-site/a",
        "en api-docs/x.md": "/docs-site/docs/x",
        "fr docs/a/index.md": "/francais/a",
        "fr api-docs/x.md": "/francais/docs/x",
    }


@pytest.mark.parametrize(
    ("config", "urls", "route", "lines"),
    [
        ("export default {\n  baseUrl: '/a/',\n  trailingSlash: true,\n};\n", SiteUrls(), "/a/docs/x/", []),
        ("export default {\n  baseUrl: '/a',\n};\n", SiteUrls(base_url="/a/"), "/a/docs/x", []),
        ("export default {\n  baseUrl: '/a/',\n};\n", SiteUrls(base_url="/b/"), "/b/docs/x", [2]),
        (
            "export default {\n  baseUrl: '/',\n  trailingSlash: undefined,\n};\n",
            SiteUrls(trailing_slash=True),
            "/docs/x/",
            [3],
        ),
        ("export default {\n  baseUrl: process.env.B ?? '/a/',\n};\n", SiteUrls(), "/a/docs/x", []),
        ("export default {\n  baseUrl: process.env.B ?? '/a/',\n};\n", SiteUrls("/b/"), "/b/docs/x", []),
        ("export default {\n  baseUrl: '/',\n};\n", SiteUrls(docs_route="/"), "/x", []),
    ],
)
async def test_settings_win_and_contradictions_are_pointed_out(
    tmp_path: Path, config: str, urls: SiteUrls, route: str, lines: list[int]
) -> None:
    site = write_site(tmp_path, {"docusaurus.config.js": config, "docs/x.md": "X"})
    assert list((await routes(site, urls)).values()) == [route]
    problems = read_site(site, urls).problems
    assert [(p.file, p.line, p.failed) for p in problems] == [
        ("docusaurus.config.js", n, False) for n in lines
    ]


async def test_options_of_versions_are_followed(tmp_path: Path) -> None:
    config = """export default {title: 'x', plugins: [['@docusaurus/plugin-content-docs', {
      lastVersion: '1.0', onlyIncludeVersions: ['current', '2.0', '1.0', '0.1'],
      versions: {current: {path: 'edge'}, '0.1': {noIndex: true}},
    }]]};"""
    versions = ["3.0", "2.0", "1.0", "0.1"]
    files = {f"versioned_docs/version-{v}/a.md": "A" for v in versions}
    site = write_site(
        tmp_path,
        {
            **files,
            "docs/a.md": "A",
            "versions.json": str(versions).replace("'", '"'),
            "docusaurus.config.js": config,
        },
    )
    assert sorted((await routes(site)).values()) == ["/docs/2.0/a", "/docs/a", "/docs/edge/a"]


async def test_docs_beside_the_site_are_read_as_far_as_its_repository_goes(tmp_path: Path) -> None:
    config = """export default {
      title: 'x', presets: [['classic', {docs: {path: '../docs'}}]],
      plugins: [['content-docs', {id: 'far',
        path: '../../far'}]],
    };"""
    files = {
        "far/secret.md": "Secret",
        "repository/.git/HEAD": "",
        "repository/README.md": "Read me",
        "repository/docs/a.md": "import R from '../README.md';\n\n<R />\n",
        "repository/website/docusaurus.config.js": config,
    }
    site = write_site(tmp_path, files) / "repository/website"
    items = [item async for item in FilesSource(site, SiteUrls()).pages()]
    (page,) = [item for item in items if isinstance(item, Page)]
    assert (page.source, page.route, page.sections[0].text) == ("../docs/a.md", "/docs/a", "Read me")
    (problem,) = read_site(site, SiteUrls()).problems
    assert (problem.line, "outside of the repository" in problem.message) == (4, True)


def test_a_configuration_that_names_no_folder_at_all_is_refused(tmp_path: Path) -> None:
    config = "export default {title: 'x', presets: [['classic', {docs: {path: 'nowhere'}}]]};"
    with pytest.raises(SourceError, match="no docs folder, no blog and no pages"):
        read_site(write_site(tmp_path, {"docusaurus.config.js": config}), SiteUrls())


def test_ids_keep_capitals_where_the_site_says_so(tmp_path: Path) -> None:
    config = "export default {title: 'x', markdown: {anchors: {maintainCase: true}}};"
    assert read_site(
        write_site(tmp_path, {"docusaurus.config.js": config, "docs/a.md": ""}), SiteUrls()
    ).dialect.maintain_case


async def test_plugins_that_a_function_makes_are_told_apart(tmp_path: Path) -> None:
    config = """
function docs({sidebarPath = 'x', ...options}) {
  return ['@docusaurus/plugin-content-docs', {sidebarPath, ...options}];
}
export default {plugins: [docs({id: 'q', path: 'guide', routeBasePath: 'g'}), docs({path: 'more', id: 'm'})]};
"""
    site = write_site(tmp_path, {"docusaurus.config.js": config, "guide/a.md": "A", "more/b.md": "B"})
    roots = read_site(site, SiteUrls()).roots
    assert [(root.plugin, root.folder.name, root.prefix) for root in roots] == [
        ("q", "guide", "/g/"),
        ("m", "more", "/docs/"),
    ]


CANNOT_BE_TOLD = """
import helper from 'some-package';
export default {
  title: 'x',
  presets: [['classic', {docs: %s, blog: false, pages: false}]],
  plugins: [
    ['@docusaurus/plugin-content-docs', helper('a')],
    ['@docusaurus/plugin-content-docs', helper('b')],
    ['@docusaurus/plugin-content-docs', {...helper('c'), path: './other/guide', routeBasePath: 'guide'}],
    ['@docusaurus/plugin-content-docs', {id: 'api', path: 'api', routeBasePath: 'api'}],
  ],
};
"""


@pytest.mark.parametrize(("preset", "lines"), [("{}", [7, 8]), ("false", [8])])
async def test_of_plugins_that_cannot_be_told_one_is_indexed_and_the_others_are_said(
    tmp_path: Path, preset: str, lines: list[int]
) -> None:
    files = {
        "docusaurus.config.js": CANNOT_BE_TOLD % preset,
        "versions.json": '["1.0"]',
        "docs/a.md": "A",
        "versioned_docs/version-1.0/a.md": "A",
        "other/guide/a.md": "A",
        "api/a.md": "A",
    }
    items = [item async for item in FilesSource(write_site(tmp_path, files), SiteUrls()).pages()]
    assert {item.source: item.route for item in items if isinstance(item, Page)} == {
        "docs/a.md": "/docs/next/a",
        "versioned_docs/version-1.0/a.md": "/docs/a",
        "other/guide/a.md": "/guide/a",
        "api/a.md": "/api/a",
    }
    problems = [item for item in items if isinstance(item, Problem)]
    assert not any(problem.failed for problem in problems)
    left_out = [problem for problem in problems if "its pages are not indexed" in problem.message]
    assert [problem.line for problem in left_out] == lines
    assert all("has another plugin for docs" in problem.message for problem in left_out)
    assert all("build the site with docusaurus-theme-footnote" in problem.message for problem in left_out)


def test_what_cannot_be_told_is_said_of_the_file_it_stands_in(tmp_path: Path) -> None:
    files = {
        "docusaurus.config.js": "import plugins from './plugins';\nexport default {title: 'x', plugins};",
        "plugins.js": "import h from 'p';\n\nexport default [['content-docs', h()],\n ['content-docs', h()]];",
        "docs/a.md": "A",
    }
    doubts = read_site(write_site(tmp_path, files), SiteUrls()).doubts
    assert [(d.file, d.line, "not indexed" in d.message) for d in doubts] == [
        ("plugins.js", 4, True),
        ("plugins.js", 3, False),
    ]


async def test_an_id_that_is_computed_is_said(tmp_path: Path) -> None:
    config = "export default {title: 'x',\n plugins: [['content-docs', {id: pick(), path: 'docs'}]]};"
    site = write_site(tmp_path, {"docusaurus.config.js": config, "docs/a.md": "A"})
    (doubt,) = read_site(site, SiteUrls()).doubts
    assert (doubt.line, doubt.message.partition(";")[0]) == (
        2,
        "computes id of docs (default), which is not run",
    )
