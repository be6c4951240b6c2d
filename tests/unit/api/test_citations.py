"""Footnotes: a link is cited only with words that stand in the docs."""

from dataclasses import replace

import pytest

from footnote_api.citations import (
    Footnotes,
    mark,
    shorten,
    supporting_sentence,
    utf16_length,
    verified_quote,
)
from footnote_core.models import Passage

TEXT = "The lamp is round.\n\nSet `colour` in `lamp.yml` to change   the colour.\nRestart it afterwards."


def passage(anchor: str | None = "colour", text: str = TEXT) -> Passage:
    return Passage(
        "1", "/docs/lamp", "Lamp", "docs/lamp.md", anchor, "Colour", (), text, 0, "current", "en", 1.0
    )


def test_a_quote_must_stand_in_the_passage() -> None:
    assert verified_quote(TEXT, "Set `colour` in\n`lamp.yml` to change the colour.")
    assert verified_quote(TEXT, "Set `color` in `lamp.yml`") is None
    assert verified_quote(TEXT, "  ") is None
    assert verified_quote(TEXT, None) is None


def test_an_invented_quote_is_replaced_by_the_sentence_that_supports() -> None:
    citation = Footnotes("https://x.org").cite(passage(), "You change the colour in lamp.yml.", "made up")
    assert citation is not None
    assert citation.quote == "Set `colour` in `lamp.yml` to change the colour."
    assert citation.url == "https://x.org/docs/lamp#colour"


@pytest.mark.parametrize(
    ("quote", "kept"),
    [
        ("- Set `colour` first.", "Set `colour` first."),
        ("## 1. Set it", "Set it"),
        ("```yaml\ncolour: 1\n```", "colour: 1"),
        ("| Name | Text |\n| --- | --- |\n| `a` | The name \\| or more |", "The name \\| or more"),
    ],
)
def test_quotes_lose_the_marks_of_their_block(quote: str, kept: str) -> None:
    assert verified_quote(f"Before.\n\n{quote}\n\nAfter.", quote) == kept


def test_a_passage_that_shares_nothing_is_not_cited() -> None:
    footnotes = Footnotes("https://x.org")
    assert footnotes.cite(passage(), "Elephants swim.", "made up") is None
    assert footnotes.citations == ()
    assert supporting_sentence(TEXT, "") is None


def test_one_number_a_link() -> None:
    footnotes = Footnotes("https://x.org")
    first = footnotes.cite(passage(), "the colour", "The lamp is round.")
    other = footnotes.cite(passage(None), "the colour", "The lamp is round.")
    again = footnotes.cite(passage(), "the colour", "Restart it afterwards.")
    assert first and other and again
    assert (first.index, other.index, again.index) == (1, 2, 1)
    assert other.url == "https://x.org/docs/lamp"
    assert again.quote == "Restart it afterwards."
    assert [c.quote for c in footnotes.citations] == ["The lamp is round.", "The lamp is round."]


def test_long_quotes_end_between_words() -> None:
    cut = shorten("word " * 100)
    assert len(cut) <= 300
    assert cut.endswith("word")
    assert shorten("x" * 400) == "x" * 300


@pytest.mark.parametrize(
    ("body", "marker"),
    [
        ("A sentence.", " [1]"),
        ("Text:\n\n```js\nx\n```", "\n\n[1]"),
        ("| a | b |", "\n\n[1]"),
        ("- item", " [1]"),
    ],
)
def test_markers_do_not_break_blocks(body: str, marker: str) -> None:
    assert mark(body, 1, first=True) == marker
    assert mark(body, 2, first=False) == "[2]"


def test_utf16_length_counts_as_javascript_does() -> None:
    for text in ("", "plain", "é", "🎨", "a🎨b👩‍🚀"):
        assert utf16_length(text) == len(text.encode("utf-16-le")) // 2


def test_a_quote_from_a_table_row_is_linked_at_the_row() -> None:
    table = "| Name | Use |\n| --- | --- |\n| `red \\| blue` | A bright colour. |\n| `grey` | No colour. |\n| `a` | x |"
    rows = (("`red \\| blue`", "opt-red"), ("`grey`", "opt-grey"))
    cited = replace(passage(text=f"Text.\n\n{table}"), rows=rows)
    assert [
        cited.link_to(q).partition("#")[2] for q in ("A bright colour.", "No colour.", "x", "colour", "Text.")
    ] == [
        "opt-red",
        "opt-grey",
        "colour",
        "colour",
        "colour",
    ]
    citation = Footnotes("https://x.org").cite(cited, "Grey is no colour.", "| `grey` | No colour. |")
    assert citation is not None
    assert citation.url == "https://x.org/docs/lamp#opt-grey"
