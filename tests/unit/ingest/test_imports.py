"""What pages take from other files: partials of the whole site, and code."""

from pathlib import Path

import pytest

from footnote_core.models import Page
from footnote_ingest.parsers.imports import code_block, fence_file
from footnote_ingest.routes import SiteUrls
from footnote_ingest.sources import Problem, Unchanged
from footnote_ingest.sources.files import FilesSource
from tests.unit.ingest.site import write_site

CONFIG = {"docusaurus.config.js": "module.exports = {title: 'x'};"}


async def read(site: Path) -> tuple[Page, list[str]]:
    """The page of `docs/a.mdx`, and what is said of it."""
    items = [item async for item in FilesSource(site, SiteUrls()).pages()]
    (page,) = (item for item in items if isinstance(item, Page) and item.source == "docs/a.mdx")
    return page, [item.message for item in items if isinstance(item, Problem)]


def text_of(page: Page) -> str:
    return "\n\n".join(section.text for section in page.sections).strip()


@pytest.mark.parametrize("name", ["src/theme/MDXComponents.tsx", "src/theme/MDXComponents/index.js"])
async def test_a_partial_of_the_whole_site_needs_no_import(tmp_path: Path, name: str) -> None:
    code = (
        "import M from '@theme-original/MDXComponents';\nimport Views from '@site/parts/_views.mdx';\n"
        "export default {...M, Views, Others: Views};\n"
    )
    site = write_site(
        tmp_path,
        CONFIG
        | {name: code, "parts/_views.mdx": "Of views.\n\n## Requirements\n\nOne."}
        | {"docs/a.mdx": "# A\n\n<Views />\n", "docs/b.mdx": "# B\n\n<Others />\n"},
    )
    page, said = await read(site)
    assert [(s.anchor, s.text) for s in page.sections] == [(None, "Of views."), ("requirements", "One.")]
    assert not said


@pytest.mark.parametrize(
    "specifier", ["/parts/_p.mdx", "/shared/_p.mdx", "@site/parts/_p.mdx", "../parts/_p.mdx"]
)
async def test_where_an_import_leads(tmp_path: Path, specifier: str) -> None:
    site = write_site(
        tmp_path,
        CONFIG
        | {"parts/_p.mdx": "Found.", "static/shared/_p.mdx": "Found."}
        | {"docs/a.mdx": f"import P from '{specifier}';\n\n<P />\n"},
    )
    page, said = await read(site)
    assert (text_of(page), said) == ("Found.", [])


SNIPPET = "one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("import C from '!!raw-loader!@site/x.yaml';\n\n<CodeBlock language=\"yaml\" title=\"c.yaml\">{C}</CodeBlock>", "```yaml title=\"c.yaml\"\none\ntwo\nthree\n```"),
        ("import C from 'raw-loader!../x.yaml';\n\n<CodeBlock>{C}</CodeBlock>", "```\none\ntwo\nthree\n```"),
        ("```yaml file=../x.yaml\n```", "```yaml\none\ntwo\nthree\n```"),
        ("```yaml file=<rootDir>/x.yaml#L2\n```", "```yaml\ntwo\n```"),
        ("```yaml title=\"t\" file=../x.yaml#L2-L3\n```", "```yaml title=\"t\"\ntwo\nthree\n```"),
        ("```yaml file=../x.yaml#L2-\n```", "```yaml\ntwo\nthree\n```"),
        ("```yaml file=../x.yaml\nown\n```", "```yaml\nown\n```"),
    ],
)  # fmt: skip
async def test_code_of_another_file_is_read(tmp_path: Path, text: str, shown: str) -> None:
    page, said = await read(write_site(tmp_path, CONFIG | {"x.yaml": SNIPPET, "docs/a.mdx": text}))
    assert (text_of(page), said) == (shown, [])


@pytest.mark.parametrize("path", ["../nothing.yaml", "../../outside.yaml", "../binary.yaml"])
async def test_code_that_cannot_be_read_is_named(tmp_path: Path, path: str) -> None:
    files = {"binary.yaml": b"\xff\xfe", "docs/a.mdx": f"Text.\n\n```yaml file={path}\n```\n"}
    site = write_site(tmp_path / "site", CONFIG | files)
    (tmp_path / "outside.yaml").write_text("secret", "utf-8")
    page, said = await read(site)
    assert "secret" not in text_of(page)
    assert said == [f"{path} is shown here but cannot be read; its code is missing"]


def test_a_fence_around_fences_is_longer() -> None:
    assert code_block("a\n```\nb\n````\n") == "`````\na\n```\nb\n````\n`````"
    assert fence_file("js title=file=x") is None


async def test_a_page_is_read_again_when_what_it_takes_changes(tmp_path: Path) -> None:
    site = write_site(
        tmp_path,
        CONFIG
        | {"src/theme/MDXComponents.js": "import P from './_p.mdx';\nexport default {P};\n"}
        | {"src/theme/_p.mdx": "Partial.", "x.yaml": "a: 1", "y.yaml": "b: 1"}
        | {"docs/a.mdx": "import C from '!!raw-loader!@site/x.yaml';\n\n<P />\n\n<pre>{C}</pre>\n\n- ```yaml file=../y.yaml\n  ```\n"},
    )  # fmt: skip
    for changed in ("", "src/theme/_p.mdx", "x.yaml", "y.yaml"):
        before, _ = await read(site)
        if changed:
            (site / changed).write_text("changed", "utf-8")
        source = FilesSource(site, SiteUrls())
        items = [item async for item in source.pages({before.route: before.digest})]
        assert isinstance(items[0], Page if changed else Unchanged), changed


async def test_imports_of_a_page_that_is_no_mdx_are_no_text(tmp_path: Path) -> None:
    text = "import A from '@site/a';\nimport {B} from \"b\";\n\n# Title\n\n<A {\n\n```js\nimport x from 'y';\n```\n"
    site = write_site(tmp_path, CONFIG | {"docs/a.md": text})
    (page,) = [item async for item in FilesSource(site, SiteUrls()).pages() if isinstance(item, Page)]
    assert "@site/a" not in text_of(page) and "import x from 'y';" in text_of(page)
