"""Markdown to the blocks that answers quote."""

import pytest

from footnote_api.answerers.blocks import blocks, sentences

PAGE = """\
Set the colour. It is optional:

```js title="lamp.js"
const a = 1;

const b = 2;
```

- one
  - nested
- two

  more of two
1. first

**Good to know**

| a | b |
|---|---|
| 1 | 2 |

The end."""


def test_every_kind_of_block() -> None:
    assert [(b.kind, b.text.splitlines()[0]) for b in blocks(PAGE)] == [
        ("prose", "Set the colour. It is optional:"),
        ("code", '```js title="lamp.js"'),
        ("item", "- one"),
        ("item", "- two"),
        ("item", "1. first"),
        ("label", "**Good to know**"),
        ("table", "| a | b |"),
        ("prose", "The end."),
    ]


def test_a_fence_keeps_its_empty_lines_and_an_item_its_nested_lines() -> None:
    found = blocks(PAGE)
    assert found[1].text.endswith("const b = 2;\n```") and found[1].lines == 3
    assert found[2].text == "- one\n  - nested"
    assert found[3].text == "- two\n\n  more of two"


def test_a_fence_inside_an_item_belongs_to_it() -> None:
    text = "1. Run:\n\n   ```sh\n   make\n   ```\n\n2. Look."
    assert [b.text for b in blocks(text)] == ["1. Run:\n\n   ```sh\n   make\n   ```", "2. Look."]


def test_an_unclosed_fence_is_code_to_the_end() -> None:
    assert [b.kind for b in blocks("Text\n```\ncode\n\nmore")] == ["prose", "code"]


def test_nothing_is_lost() -> None:
    assert "".join("".join(b.text.split()) for b in blocks(PAGE)) == "".join(PAGE.split())
    assert blocks("") == []


@pytest.mark.parametrize(
    ("paragraph", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Use e.g. Debian. Then go.", ["Use e.g. Debian.", "Then go."]),
        ("Call `a. B` once. `c` follows.", ["Call `a. B` once.", "`c` follows."]),
        ("Version 3.10 is out. It works.", ["Version 3.10 is out.", "It works."]),
        ("**Bold.** Then.", ["**Bold.**", "Then."]),
        ("no end", ["no end"]),
        ("", []),
    ],
)
def test_sentences(paragraph: str, expected: list[str]) -> None:
    assert sentences(paragraph) == expected
