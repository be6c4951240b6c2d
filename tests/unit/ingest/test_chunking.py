"""Chunks keep to the budget, lose no word, and split code and tables so that each piece still reads."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footnote_core.models import Page, Section
from footnote_ingest.chunking import LocalTokenCounter, chunk_page

COUNTER = LocalTokenCounter()


def chunks(text, budget=32, *, sections=None):
    sections = sections or (Section("a", "Heading", 2, ("Above",), text, 1),)
    return chunk_page(Page("/docs/x", "Title", "docs/x.md", sections), COUNTER, budget)


def length(text):
    return len(COUNTER.starts([text])[0])


def test_a_short_section_is_one_chunk_as_it_stands():
    (chunk,) = chunks("Short text.\n\n```js\nx\n```")
    assert chunk.text == "Short text.\n\n```js\nx\n```"
    assert chunk.tokens == length(chunk.text)
    assert (chunk.route, chunk.anchor, chunk.heading, chunk.path) == ("/docs/x", "a", "Heading", ("Above",))


def test_ordinals_run_over_the_page_and_empty_sections_give_nothing():
    sections = tuple(Section(None, None, 1, (), text, 1) for text in ("One.", "", "Two."))
    assert [(c.text, c.ordinal) for c in chunks("", sections=sections)] == [("One.", 0), ("Two.", 1)]


def test_prose_splits_between_sentences():
    text = " ".join(f"This is sentence number {i}." for i in range(12))
    pieces = chunks(text)
    assert len(pieces) > 1
    assert all(piece.text.endswith(".") for piece in pieces)


def test_lists_split_between_items():
    text = "\n".join(f"- `option{i}`: what this option does" for i in range(12))
    assert all(line.startswith("- ") for piece in chunks(text) for line in piece.text.split("\n"))


def test_code_is_whole_up_to_twice_the_budget():
    code = "```js\n" + "\n".join(f"call({i});" for i in range(8)) + "\n```"
    assert 32 < length(code) <= 64
    assert [c.text for c in chunks(f"Some text.\n\n{code}\n\nMore text.")] == [
        "Some text.",
        code,
        "More text.",
    ]


def test_a_line_that_announces_code_goes_with_it():
    code = "```js\n" + "\n".join(f"call({i});" for i in range(6)) + "\n```"
    pieces = chunks(f"A first paragraph that says something.\n\nFor example:\n\n{code}")
    assert pieces[-1].text == f"For example:\n\n{code}"


def test_long_code_splits_on_lines_and_every_piece_is_fenced():
    lines = [f"const value{i} = {i};" for i in range(40)]
    pieces = chunks('```js title="a.js"\n' + "\n".join(lines) + "\n```")
    assert len(pieces) > 2
    for piece in pieces:
        opening, *body, closing = piece.text.split("\n")
        assert (opening, closing) == ('```js title="a.js"', "```")
        assert set(body) <= set(lines)
    assert [line for piece in pieces for line in piece.text.split("\n")[1:-1]] == lines


def test_long_tables_repeat_their_header():
    rows = [f"| `name{i}` | what it means |" for i in range(12)]
    pieces = chunks("| Name | Meaning |\n| --- | --- |\n" + "\n".join(rows))
    assert len(pieces) > 1
    assert all(piece.text.startswith("| Name | Meaning |\n| --- | --- |\n| `name") for piece in pieces)
    assert [row for piece in pieces for row in piece.text.split("\n")[2:]] == rows


@pytest.mark.timeout(20)
def test_one_endless_line_of_code_is_cut():
    pieces = chunks("```\n" + "x1" * 30_000 + "\n```", budget=128)
    assert max(piece.tokens for piece in pieces) <= 256


_WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12
).filter(lambda word: not set(word) & set("`~|"))
_SENTENCE = st.lists(_WORDS, min_size=1, max_size=25).map(" ".join)
_BLOCK = st.one_of(
    _SENTENCE,
    st.lists(_SENTENCE, min_size=1, max_size=6).map(lambda items: "\n".join(f"- {item}" for item in items)),
    st.lists(_SENTENCE, min_size=1, max_size=8).map(lambda lines: "```js\n" + "\n".join(lines) + "\n```"),
    st.lists(_SENTENCE, min_size=2, max_size=5).map(
        lambda rows: (
            "| a | b |\n| --- | --- |\n" + "\n".join(f"| x | {' '.join(row.split())} |" for row in rows)
        )
    ),
)


@given(st.lists(_BLOCK, min_size=1, max_size=5).map("\n\n".join), st.integers(32, 128))
def test_no_chunk_exceeds_the_budget_and_no_word_is_lost(text, budget):
    pieces = chunks(text, budget)
    for piece in pieces:
        whole = "```" in piece.text or piece.text.lstrip().startswith("|")
        assert piece.tokens <= (2 * budget if whole else budget), piece.text
        assert length(piece.text) <= piece.tokens + 2

    def glyphs(value):
        return re.sub(r"\s|```js|```|\| a \| b \||\| --- \| --- \|", "", value)

    assert "".join(glyphs(piece.text) for piece in pieces) == glyphs(text)
