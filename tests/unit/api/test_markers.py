"""Statements out of a model's text, whatever pieces it comes in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footnote_api.answerers import Statement
from footnote_api.answerers.markers import Statements


def read(*pieces: str, passages: int = 3) -> list[tuple[str, tuple[int, ...]]]:
    reader = Statements(passages)
    statements: list[Statement] = []
    for piece in pieces:
        statements += reader.feed(piece)
    statements += reader.close()
    return [(statement.text, statement.support) for statement in statements]


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("Set it [1].", [("Set it.", (0,))]),
        ("Set it. [1] Then run [2][3].", [("Set it.", (0,)), (" Then run.", (1, 2))]),
        ("Set it [1, 2]!", [("Set it!", (0, 1))]),
        ("One. Two [1].", [("One. Two.", (0,))]),
        ("- a [1]\n- b [2]\n", [("- a", (0,)), ("\n- b", (1,))]),
        (
            "Do this: [1]\n\n```js\na[1] = 2\n```\n[2]",
            [("Do this:", (0,)), ("\n\n```js\na[1] = 2\n```", (1,))],
        ),
        ("Use `a[1]` here [2].", [("Use `a[1]` here.", (1,))]),
        ("See [1](https://x.org) there [1].", [("See [1](https://x.org) there.", (0,))]),
        ("## Steps\n\nFirst [1].", [("## Steps\n\nFirst.", (0,))]),
        ("In short:\n\n- a [1]", [("In short:\n\n- a", (0,))]),
        ("A claim without support.\n\nTrue [1].", [("\n\nTrue.", (0,))]),
        ("True [1].\n\nA claim at the end.", [("True.", (0,))]),
        ("Nobody said this [9].", []),
        ("Half [9][1].", [("Half.", (0,))]),
        ("NONE", []),
        ("", []),
    ],
)
def test_markers_become_support(text: str, statements: list[tuple[str, tuple[int, ...]]]) -> None:
    assert read(text) == statements
    assert read(*text) == statements


ALPHABET = st.sampled_from(
    ["word ", "[1]", "[2]", "[", "]", ".", " ", "\n", "\n\n", "`x`", "`", "```\n", "1", "- ", ":"]
)


@given(st.lists(ALPHABET, max_size=30), st.integers(1, 7))
def test_the_pieces_do_not_matter(tokens: list[str], size: int) -> None:
    text = "".join(tokens)
    assert read(text) == read(*(text[at : at + size] for at in range(0, len(text), size)))
