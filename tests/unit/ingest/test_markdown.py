"""What is kept of a page, what is dropped, and where an error is said to be."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footnote_ingest.parsers import ParseError
from footnote_ingest.parsers.markdown import Partial, parse


def read(text, name="page.mdx", **options):
    return parse(textwrap.dedent(text).lstrip("\n"), name=name, fallback_title="page", **options)


def body(text, name="page.mdx"):
    return "\n----\n".join(section.text for section in read(text, name).sections)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\ntitle: From front matter\n---\n# Heading\n", "From front matter"),
        ("# The `code` heading {#id}\n", "The code heading"),
        ("import X from 'x';\n\n# After imports\n", "After imports"),
        ("Setext\n======\n", "Setext"),
        ("# With an id {/* #id */}\n", "With an id"),
        ("# Trailing ##\n", "Trailing"),
        ("Text first.\n\n# Not the title\n", "page"),
        ("---\ntitle: 1.10\n---\n", "1.1"),
    ],
)
def test_title(text, title):
    assert parse(text, name="page.mdx", fallback_title="page").title == title


@pytest.mark.parametrize(
    ("heading", "shown", "anchor"),
    [
        ("`method()` and *more*", "method() and more", "method-and-more"),
        ("Press :kbd[Ctrl]{.key} now", "Press Ctrl now", "press-ctrl-now"),
        ("At 10:30 or a:b", "At 10:30 or a:b", "at-1030-or-a"),
        (":tada:", ":tada:", "tada"),
        ("Über {#own}", "Über", "own"),
        ("!?", "!?", None),
    ],
)
def test_what_a_heading_shows_and_its_id(heading, shown, anchor):
    (section,) = read(f"## {heading}").sections
    assert (section.heading, section.anchor) == (shown, anchor)


def test_front_matter_is_read():
    front = read(
        "---\nslug: /x\nid: y\ndescription: What it is\nkeywords: [a, b]\nunlisted: true\n---\n"
    ).front_matter
    assert (front.slug, front.id, front.description, front.keywords) == ("/x", "y", "What it is", ("a", "b"))
    assert front.hidden
    assert front.slug_line == 2


def test_the_intro_has_no_anchor_and_paths_name_the_headings_above():
    sections = read(
        """
        # Title

        Intro.

        ## One

        ### Deep

        Text.

        ## Two
        """
    ).sections
    assert [(s.anchor, s.heading, s.level, s.path, s.line) for s in sections] == [
        (None, None, 1, (), 1),
        ("one", "One", 2, (), 5),
        ("deep", "Deep", 3, ("One",), 7),
        ("two", "Two", 2, (), 11),
    ]


def test_lines_count_the_front_matter():
    assert read("---\ntitle: x\n---\n\n## Here\n").sections[0].line == 5


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("See [the guide](./guide.md#x) and ![a diagram](./x.png).", "See the guide and a diagram."),
        ("**Bold** _em_ `code {x} <b>` ~~gone~~", "**Bold** _em_ `code {x} <b>` ~~gone~~"),
        ("Press <kbd>Ctrl</kbd>+<kbd>C</kbd><br/>now", "Press Ctrl+C now"),
        ("a &amp; b &lt;T&gt; \\<T> \\{x} &copy; 1 < 2", "a &amp; b &lt;T&gt; \\<T> {x} © 1 < 2"),
        ("Version {props.version} of {'text'} {`and more`}", "Version  of text and more"),
        ("one {/* a comment */} two <!-- another --> three", "one  two  three"),
        ("wrapped\nlines\njoin", "wrapped lines join"),
        ("<Tabs>\n<TabItem value='a'>\n\nInside **tabs**\n\n</TabItem>\n</Tabs>", "Inside **tabs**"),
        ("<details><summary>More</summary>\n\nHidden\n\n</details>", "More\n\nHidden"),
        (":::warning[Mind *this*]\n\nText\n\n:::", "**Mind *this***\n\nText"),
        (":::note Old title\nText\n:::", "**Old title**\n\nText"),
        (":::tip\nText\n:::", "Text"),
        ("::::info\n:::danger\nDeep\n:::\n::::", "Deep"),
        ("<Head><title>Not shown</title></Head>\n\nShown", "Shown"),
        ("import X from 'x';\nexport const y = {\n\n  a: 1,\n};\n\nText", "Text"),
        ("<!--\n\n## Not a heading\n\n-->\n\nText", "Text"),
        (
            "- one\n- two\n  - deep\n\n1. a\n\n   more\n\n2. b",
            "- one\n- two\n  - deep\n\n1. a\n\n   more\n\n2. b",
        ),
        ("> quoted\n>\n> more", "> quoted\n>\n> more"),
        ("| a | b |\n|:--|--:|\n| `x \\| y` | [z](u) |", "| a | b |\n| :-- | --: |\n| `x \\| y` | z |"),
        ("<Component\n  prop={'>'}\n\n  other={{a: `}`}}\n/>\n\nText", "Text"),
    ],
)
def test_what_is_kept_of_mdx(text, kept):
    assert body(text) == kept


def test_code_keeps_language_and_title_and_loses_what_only_colours_lines():
    text = """
    ````md title="docs/a b.md" {1,3} showLineNumbers
    ```js
    // highlight-next-line
    ## not a heading
    ```
    ````
    """
    assert body(text) == '````md title="docs/a b.md"\n```js\n## not a heading\n```\n````'


def test_code_in_a_list_stays_in_its_item():
    text = "1. Run\n\n   ```bash npm2yarn\n   npm i\n   ```\n\n2. Done"
    assert body(text) == "1. Run\n\n   ```bash\n   npm i\n   ```\n\n2. Done"


def test_indented_text_is_prose_because_mdx_has_no_indented_code():
    assert body("<div>\n\n    Indented prose.\n\n</div>") == "Indented prose."


def test_mdx_code_blocks_are_part_of_the_page():
    text = "```mdx-code-block\n<div>\n\n## Inside\n\n</div>\n```\n\nAfter."
    (section,) = read(text).sections
    assert (section.anchor, section.text, section.line) == ("inside", "After.", 4)


def test_a_heading_ends_the_containers_it_stands_in():
    sections = read("1. First\n\n   ## Two\n\n   After.\n\n2. Second\n").sections
    assert [(s.anchor, s.text) for s in sections] == [(None, "1. First"), ("two", "After.\n\n2. Second")]


def test_markdown_keeps_what_mdx_would_refuse():
    text = "A <T> of {values}, 1 <2, <https://example.com>\n\n<br>\n\n<p align=center>text"
    assert body(text, "page.md") == "A  of {values}, 1 <2, https://example.com\n\ntext"


def partials(files):
    return lambda specifier, importer: Partial(specifier, files[specifier]) if specifier in files else None


def test_a_partial_is_read_in_place_with_ids_of_its_own():
    text = "import Part from './_part.mdx';\n\n## Same\n\n<Part />\n\n## Last\n"
    loader = partials({"./_part.mdx": "---\nx: y\n---\nBefore.\n\n## Same\n\nPart text.\n"})
    sections = read(text, partial=loader).sections
    assert [(s.anchor, s.text, s.line) for s in sections] == [
        ("same", "Before.", 3),
        ("same", "Part text.", 5),
        ("last", "", 7),
    ]


def test_a_missing_or_cyclic_partial_is_noted_and_the_page_is_kept():
    text = "import A from './_a.mdx';\nimport B from './_b.mdx';\n\n<A />\n\n<B />\n\nText.\n"
    loader = partials({"./_a.mdx": "import A from './_a.mdx';\n\n<A />\n\nOnce.\n"})
    document = read(text, partial=loader)
    assert document.sections[0].text == "Once.\n\nText."
    assert [line for line, _ in document.notes] == [4, 6]
    assert "includes itself" in document.notes[0][1]
    assert "cannot be read" in document.notes[1][1]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("---\ntitle: a: b\n---\n", 2, "front matter"),
        ("---\ntitle: x\nkey: [1\n---\nText\n", 4, "front matter"),
        ("---\ntitle: x\n\nText\n", 1, "never closed"),
        ("---\n- a\n---\n", 2, "not a list"),
        ("Text\n\n<Tabs>\n\nMore\n", 3, "<Tabs> is never closed"),
        ("<A>\n\ntext\n\n</B>\n", 5, "</B> closes nothing"),
        ("Fine\n\nWrong {value\n", 3, "never closed"),
        ("Fine\nlines 5 <6\n", 2, "no valid JSX tag"),
        ("# T\n\nexport const a = {\n\nText\n", 3, "never closed"),
        ("---\nx: y\n---\n\nWrong </a>\n", 5, "closes nothing"),
    ],
)
def test_broken_pages_are_refused_with_the_line(text, line, message):
    with pytest.raises(ParseError, match=message) as caught:
        parse(text, name="page.mdx", fallback_title="page")
    assert caught.value.line == line


_PIECES = st.sampled_from(
    "# h\n|## a {#b}\n|<a>|</a>|<b/>|{|}|`|```js\n|```\n|> |- |1. |\n|\n\n|    |text |*|[x](y)|![i](j)|:::note\n|:::\n|<!--|-->"
    '|import X from "y"\n|export const a = {\n|\\|"|\'|&amp;|===\n|---\n|<h2 id="z">|:dir[x]|{/* c */}|<|{`|`}|\t|é|🎉'.split(
        "|"
    )
)


@given(st.lists(_PIECES, max_size=20).map("".join), st.sampled_from([".md", ".mdx"]))
def test_any_text_is_read_or_refused(text, suffix):
    try:
        document = parse(text, name=f"page{suffix}", fallback_title="page")
    except ParseError as error:
        assert 1 <= error.line <= text.count("\n") + 2
    else:
        assert all(section.anchor is None or section.heading is not None for section in document.sections)


@pytest.mark.parametrize("piece", ["<a {", "<!--", "<a b={`${", "{", ":::a\n", "> ", "*a "])
@pytest.mark.parametrize("suffix", [".md", ".mdx"])
@pytest.mark.timeout(10)
def test_hostile_text_takes_no_quadratic_time(piece, suffix):
    try:
        parse(piece * 20_000, name=f"page{suffix}", fallback_title="page")
    except ParseError as error:
        assert error.line


def test_rows_of_an_api_table_have_ids_as_far_as_these_lead_to_them() -> None:
    text = """
    ## Options

    <APITable name="x">

    | Name | Use |
    | --- | --- |
    | `a \\| b` | One. |
    | **c** d | Two. |

    </APITable>

    | Name | Use |
    | --- | --- |
    | `plain` | No id. |

    <APITable>

    | Name | Use |
    | --- | --- |
    | `options` | The heading has this id. |
    | [`e`](./e) | Three. |
    | `e` | The row above has this id. |

    </APITable>
    """
    (section,) = read(text).sections
    assert section.rows == (("`a \\| b`", "x-a | b"), ("**c** d", "x-c"), ("`e`", "e"))
    assert all(f"| {cell} |" in section.text for cell, _ in section.rows)


@pytest.mark.parametrize(
    "text",
    [
        "<A text={<p>it's</p>} b='c' />",
        "<A re={/['\"(]/} />",
        "<A f={(a) => a.replace(/[/']/g, '(')} />",
        "<A half={x / 2} b='(' />",
        "export const a = 'x(';",
        "export const a = {b: /\\/['\"]/g};",
        "<A label={'a/b'} value={\"c(\"} />",
    ],
)
def test_quotes_and_slashes_of_javascript(text):
    assert body(f"{text}\n\nText.") == "Text."
