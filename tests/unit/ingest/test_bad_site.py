"""A site with everything wrong at once: each mistake is named with file and line, the rest is indexed."""

from pathlib import Path

from footnote_core.models import Page
from footnote_ingest.routes import SiteUrls
from footnote_ingest.sources import Problem
from footnote_ingest.sources.files import FilesSource
from tests.unit.ingest.site import write_site

SITE = {
    "docusaurus.config.js": "export default {title: 'Bad', baseUrl: '/x/', presets: [['classic', {}]]",
    "docs/good.md": "# Good\n\n## Part\n\nText.\n",
    "docs/broken.mdx": "Text\n\n<Tabs>\n\nMore {never closed\n",
    "docs/front.md": "---\ntitle: a: b\n---\n",
    "docs/same-1.md": "---\nslug: /same\n---\nOne.\n",
    "docs/same-2.md": "---\nslug: /same\n---\nTwo.\n",
    "docs/cycle.mdx": "import A from './_a.mdx';\n\nBefore.\n\n<A />\n",
    "docs/_a.mdx": "import B from './_b.mdx';\n\nText of a.\n\n<B />\n",
    "docs/_b.mdx": "import A from './_a.mdx';\n\nText of b.\n\n<A />\n",
    "docs/missing.mdx": "import Gone from './_gone.mdx';\n\nStays.\n\n<Gone />\n",
    "docs/inner.mdx": "import Part from './_part.mdx';\n\nText.\n\n<Part />\n",
    "docs/_part.mdx": "## Fine\n\n<div>\n",
    "docs/twice.mdx": "import Part from './_ids.mdx';\n\n## Same\n\nOne.\n\n<Part />\n",
    "docs/_ids.mdx": "## Same\n\nTwo.\n",
    "docs/bytes.md": b"fine\n\xff\xfe\n",
    "blog/bad.md": "---\n- a list\n---\n",
    "blog/2020-01-01-good.md": "Good post.\n",
    "src/pages/name with spaces.md": "Page.\n",
}


async def test_every_mistake_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    source = FilesSource(write_site(tmp_path, SITE), SiteUrls(base_url="/x/"))
    items = [item async for item in source.pages()]
    pages = {item.source: item for item in items if isinstance(item, Page)}
    problems = {(p.file, p.line): p for p in items if isinstance(p, Problem)}
    assert pages.keys() == {
        "blog/2020-01-01-good.md",
        "docs/cycle.mdx",
        "docs/good.md",
        "docs/missing.mdx",
        "docs/twice.mdx",
    }
    expected = {
        ("docusaurus.config.js", 1): ("shows no configuration without being run", False),
        ("docs/broken.mdx", 5): ("never closed", True),
        ("docs/front.md", 2): ("front matter cannot be read", True),
        ("docs/same-1.md", 2): ("same address as docs/same-2.md", True),
        ("docs/same-2.md", 2): ("same address as docs/same-1.md", True),
        ("docs/cycle.mdx", 5): ("includes itself", False),
        ("docs/missing.mdx", 5): ("./_gone.mdx is imported here but cannot be read", False),
        ("docs/inner.mdx", 5): ("in ./_part.mdx: <div> is never closed", True),
        ("docs/twice.mdx", 7): ("#same again after line 3", False),
        ("docs/bytes.md", 2): ("not UTF-8", True),
        ("blog/bad.md", 2): ("front matter", True),
        ("src/pages/name with spaces.md", 1): ("cannot serve", True),
    }
    assert problems.keys() == expected.keys()
    for place, (message, failed) in expected.items():
        assert message in problems[place].message, place
        assert problems[place].failed == failed, place
    texts = " ".join(section.text for section in pages["docs/cycle.mdx"].sections)
    assert texts.count("Text of a.") == texts.count("Text of b.") == 1
    links = [section.anchor for section in pages["docs/twice.mdx"].sections]
    assert links == ["same", "same"], "both are found; a link leads to the first"
