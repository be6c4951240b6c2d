"""A built page gives the sections that its source gives."""

import pytest

from footnote_ingest.parsers import ParseError
from footnote_ingest.parsers.html import forbids_index, parse

PAGE = """<!doctype html><html lang=en class="docs-version-2.0"><head><title>Apples | Fruit</title>
<meta name=description content="All about apples"><meta name=keywords content="apple, fruit">
<meta name=docusaurus_version content=2.0><meta name=docusaurus_locale content=en>
<link rel=canonical href=https://docs.example.com/docs/apples></head><body>
<nav>Navigation</nav><main><article>
<nav class=theme-doc-breadcrumbs>Home</nav><div class=theme-doc-toc-mobile><button>On this page</button></div>
<div class="theme-doc-markdown markdown"><header><h1>Apples</h1></header>
<p>Intro with <strong>bold</strong>, <em>em</em>, <code>x &lt; y</code>, <a href=/x>a link</a>
and <img alt="a picture" src=x.png>.</p>
<h2 class=anchor id=red>Red <code>apples</code><a class=hash-link href=#red title="Direct link">\u200b</a></h2>
<ul><li>one</li><li>two<ul><li>deep</li></ul></li></ul>
<ol start=3><li><p>third</p><p>more</p></li><li><p>fourth</p></li></ol>
<div class="theme-admonition alert"><div class=admonitionHeading_x><span><svg></svg></span>tip</div>
<div class=admonitionContent_y><p>A tip.</p></div></div>
<div class="theme-admonition alert"><div class=admonitionHeading_x>Own title</div><p>Text.</p></div>
<div class=tabs-container><ul role=tablist class=tabs><li role=tab>npm</li></ul><div><p>In a tab.</p></div></div>
<h3 class=anchor id=code>Code<a class=hash-link href=#code>\u200b</a></h3>
<div class="language-js codeBlockContainer_a theme-code-block"><div class=codeBlockTitle_b>a.js</div>
<div><pre class="prism-code language-js"><code><span class=token-line><span>const a</span> = 1;<br></span><span>go();<br></span></code></pre>
<button>Copy</button></div></div>
<table><thead><tr><th style="text-align:left">a</th><th>b</th></tr></thead>
<tbody><tr><td><code>x|y</code></td><td>z</td></tr></tbody></table>
</div><footer><a class=theme-edit-this-page>Edit this page</a></footer></article></main><footer>Footer</footer></body></html>"""


def test_a_built_page_is_read() -> None:
    page = parse(PAGE)
    assert (page.title, page.description, page.keywords) == ("Apples", "All about apples", ("apple", "fruit"))
    assert (page.version, page.locale, page.hidden) == ("2.0", "en", False)
    assert page.canonical == "https://docs.example.com/docs/apples"
    assert [(s.anchor, s.heading, s.level, s.path) for s in page.sections] == [
        (None, None, 1, ()),
        ("red", "Red apples", 2, ()),
        ("code", "Code", 3, ("Red apples",)),
    ]
    intro, red, code = (section.text for section in page.sections)
    assert intro == "Intro with **bold**, _em_, `x < y`, a link and a picture."
    assert red.split("\n\n") == [
        "- one\n- two\n  - deep",
        "3. third",
        "   more",
        "4. fourth",
        "A tip.",
        "**Own title**",
        "Text.",
        "In a tab.",
    ]
    assert code == '```js title="a.js"\nconst a = 1;\ngo();\n```\n\n| a | b |\n| :-- | --- |\n| `x\\|y` | z |'


def test_pages_that_robots_shall_not_index_are_hidden() -> None:
    assert parse('<meta name="robots" content="noindex, nofollow"><article><p>x</p></article>').hidden


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ('<html><body><div id="__docusaurus"></div></body></html>', "no article"),
        ("<article><div></div></article>", "empty article"),
        ("", "no article"),
    ],
)
def test_an_empty_shell_is_refused(html: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        parse(html)


@pytest.mark.parametrize(
    ("classes", "kind", "listing", "doc_id"),
    [
        ("docs-wrapper plugin-docs plugin-id-api docs-doc-page docs-doc-id-guides/set up", "docs", False, "guides/set up"),
        ("docs-wrapper plugin-docs plugin-id-default docs-doc-page", "docs", True, ""),
        ("plugin-docs plugin-id-default docs-tags-list-page", "docs", True, ""),
        ("blog-wrapper blog-post-page plugin-blog plugin-id-default", "blog", False, ""),
        ("blog-wrapper blog-list-page plugin-blog plugin-id-default", "blog", True, ""),
        ("plugin-blog plugin-id-default", "blog", True, ""),
        ("mdx-wrapper mdx-page plugin-pages plugin-id-default", "pages", False, ""),
        ("writer-html5", "docs", False, ""),
    ],
)  # fmt: skip
def test_the_classes_of_docusaurus_say_what_a_page_is(
    classes: str, kind: str, listing: bool, doc_id: str
) -> None:
    page = parse(f'<html class="{classes}"><main>text</main>')
    assert (page.kind, page.listing, page.doc_id) == (kind, listing, doc_id)
    assert page.plugin == (
        "api" if "plugin-id-api" in classes else "default" if "plugin-id" in classes else ""
    )


@pytest.mark.parametrize(
    ("head", "version", "locale"),
    [
        ("<meta name=docusaurus_version content=2.0><meta name=docusaurus_locale content=fr>", "2.0", "fr"),
        ("<meta name=docusaurus_tag content=docs-default-3.x-beta>", "3.x-beta", "de-CH"),
        ("<meta name=docusaurus_tag content=default>", "", "de-CH"),
        ("", "", "de-CH"),
    ],
)
def test_version_and_locale(head: str, version: str, locale: str) -> None:
    page = parse(f"<html lang=de-CH><head>{head}</head><body><main>text</main>")
    assert (page.version, page.locale) == (version, locale)


@pytest.mark.parametrize(
    ("directives", "forbids"),
    [
        ("noindex", True),
        ("NOINDEX, nofollow", True),
        ("none", True),
        ("nofollow, noarchive", False),
        ("all", False),
        ("footnote-ingest: noindex", True),
        ("googlebot: noindex", False),
        ("unavailable_after: 25 Jun 2030 15:00:00 PST, noindex", True),
        ("max-snippet: 20, index", False),
    ],
)
def test_robots_directives(directives: str, forbids: bool) -> None:
    assert forbids_index(directives) == forbids


def body(html: str) -> list[tuple[str | None, str | None, str]]:
    page = parse(f"<title>T</title><main>{html}</main>")
    return [(section.anchor, section.heading, section.text) for section in page.sections]


def test_other_sites_are_read_from_their_main_element() -> None:
    page = parse(
        """<html lang="en"><head><title>Install — Tool documentation</title></head><body>
        <div role="banner">Menu</div><div role="main"><div class="breadcrumbs">Docs</div>
        <section id="install"><h1>Install<a class="headerlink" href="#install">¶</a></h1><p>Run it.</p>
        <section id="linux"><span id="old"></span><h2>Linux<a class="headerlink" href="#linux">¶</a></h2>
        <div class="highlight-bash notranslate"><div class="highlight"><pre><span></span>apt <span>install</span> tool
        </pre></div></div></section>
        <h2>Mac <a href="#mac">#</a><a name="mac"></a></h2><p>Use <a href="#linux">the same</a>.</p>
        <h2 id="win">Windows</h2></section></div><footer>© Tool</footer></body></html>"""
    )
    assert page.title == "Install"
    assert [(s.anchor, s.heading, s.text) for s in page.sections] == [
        (None, None, "Run it."),
        ("linux", "Linux", "```bash\napt install tool\n```"),
        ("mac", "Mac", "Use the same."),
        ("win", "Windows", ""),
    ]


def test_line_numbers_and_buttons_are_no_code() -> None:
    gutter = "<table><tr><td class=gutter><pre>1\n2</pre><td class=code><pre class=lang-py>a\nb</pre></table>"
    lines = "<pre data-language=js><code><div class=ec-line>x</div><div class=ec-line>y</div></code><button>Copy</button></pre>"
    numbered = "<pre><span class=linenos>1</span>a\n<span class=linenos>2</span>b</pre>"
    assert body(lines) == [(None, None, "```js\nx\ny\n```")]
    assert body(numbered) == [(None, None, "```\na\nb\n```")]
    assert body(gutter) == [(None, None, "```py\na\nb\n```")]


def test_rows_with_an_id_can_be_linked() -> None:
    page = parse(
        "<main><h2 id=o>Options</h2><table><tr id=head><th>Name<tr id=o-a><td><code>a|b</code><td>x"
        "<tr><td>plain<td><ul><li>one<li>two</ul></table>"
    )
    assert page.sections[0].rows == (("`a\\|b`", "o-a"),)
    assert page.sections[0].text.endswith("| `a\\|b` | x |\n| plain | one two |")


def test_formulas_footnotes_and_checkboxes_are_as_in_their_source() -> None:
    formula = "<span class=katex><span class=katex-mathml><math><mi>x</mi><annotation>x^2</annotation></math></span><span class=katex-html aria-hidden=true>x2</span></span>"
    assert body(f"<p>It is {formula} long.")[0][2] == "It is $x^2$ long."
    assert body("<ul><li><input type=checkbox checked> done</ul>")[0][2] == "- [x] done"
    notes = "<p>Text<sup><a href=#user-content-fn-a data-footnote-ref>1</a></sup><section data-footnotes><h2 id=footnote-label>Footnotes</h2><ol><li id=user-content-fn-a>Note. <a class=data-footnote-backref href=#x>↩</a></ol></section>"
    assert body(notes) == [
        (None, None, "Text[^a]"),
        ("footnote-label", "Footnotes", "[^a]: Note."),
    ]


def test_plain_text_stays_plain() -> None:
    assert body("<p>*args, snake_case, a * b, `x`, &lt;b>, _it_</p>")[0][2] == (
        "\\*args, snake_case, a * b, \\`x\\`, \\<b>, \\_it\\_"
    )


def test_a_description_that_repeats_the_page_is_not_kept() -> None:
    page = "<head><meta name=description content='{}'></head><body><main><p>Use <code>it</code> well. More.</p></main>"
    assert parse(page.format("Use it well.")).description == ""
    assert parse(page.format("How to use it.")).description == "How to use it."


def test_a_blog_post_may_have_a_top_heading_below_its_title() -> None:
    post = "<header><h1>News</h1></header><div class=markdown><p>Text</p><h1>More</h1><p>Other</p></div>"
    page = parse(f"<title>News | Site</title><article>{post}</article>")
    assert page.title == "News"
    assert [(s.anchor, s.heading, s.text) for s in page.sections] == [
        (None, None, "Text"),
        (None, "More", "Other"),
    ]
