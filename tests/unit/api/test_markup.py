"""Answers show words and code; links, images and HTML lose what makes them so."""

import pytest

from footnote_api.answerers.blocks import sentences
from footnote_api.markup import neutral, units


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("See [the guide](https://evil.example/x).", "See the guide."),
        ("See [the *guide*](<https://evil.example/x> \"t\").", "See the *guide*."),
        ("a [b](javascript:alert(1)) c", "a b c"),
        ("a ![pixel](https://evil.example/p.gif) c", "a  c"),
        ("a [![x](http://e.x/p)](http://e.x/q) c", "a  c"),
        ("a [b][ref] c\n\n[ref]: https://evil.example", "a b c\n\n"),
        ("a <https://evil.example> b", "a  b"),
        ("a https://evil.example/x?y=z. b", "a  b"),
        ("a www.evil.example b", "a  b"),
        ("mail me@evil.example now", "mail  now"),
        ("a <img src=x onerror=alert(1)> b", "a  b"),
        ("<scr<script>ipt>alert(1)</script>", "alert(1)"),
        ("a <!-- hidden --> b <!-- open", "a  b "),
        ("a <b", "a &lt;b"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("true [7] and [^2] and [1, 2] and 【3†source】.", "true and and and."),
        ("a\u202eb\u200bc\ufeffd\x07", "abcd"),
        ("می\u200cخواهم 👩\u200d💻 a\u200db", "می\u200cخواهم 👩\u200d💻 ab"),
        ("`<script>` and `[a](b)`", "`<script>` and `[a](b)`"),
        ("```html\n<b>[x](y)</b>\n```", "```html\n<b>[x](y)</b>\n```"),
        ("[x](http://e.x\n/y)", "[x] (\n/y)"),
        ("[a[b](http://e.x)](http://e.x)", "ab"),
    ],
)  # fmt: skip
def test_only_words_and_code_are_shown(markdown: str, shown: str) -> None:
    assert neutral(markdown) == shown


def test_a_quoted_list_of_numbers_is_no_marker() -> None:
    assert neutral("Set it to [1, 2] or [3] or `[4]`.", quoted=True) == "Set it to [1, 2] or or `[4]`."


def test_an_address_of_the_docs_is_shown_as_code() -> None:
    text = "Open http://localhost:3000, not http://localhost:9."
    assert neutral(text, "It is at http://localhost:3000.") == "Open `http://localhost:3000`, not "


@pytest.mark.parametrize(
    "markdown",
    [
        "One. Two `a. B` three.\n\n- x\n- y\n\n```js\na. B\n```\n\nEnd.",
        " lead",
        "",
        "\n\n- a. B.\n",
        "```\nopen",
    ],
)
def test_units_are_the_whole_text(markdown: str) -> None:
    found = list(units(markdown, sentences))
    assert "".join(unit for _, unit in found) == markdown


def test_units_are_sentences_lines_and_fences() -> None:
    found = list(units("One. Two.\n\n```js\nx\n```\n\nThree.", sentences))
    assert found == [
        (False, "One. "), (False, "Two.\n\n"), (True, "```js\nx\n```\n\n"), (False, "Three."),
    ]  # fmt: skip
