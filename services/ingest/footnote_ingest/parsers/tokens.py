"""Where the blocks of a stream of tokens end, and how its lists stand (pure)."""

from collections.abc import Sequence

from markdown_it.token import Token


def closing(tokens: Sequence[Token], start: int) -> int:
    """The position of the token that closes the one at `start`."""
    depth = 0
    for i in range(start, len(tokens)):
        depth += tokens[i].nesting
        if depth == 0:
            return i
    return len(tokens) - 1


def is_tight(tokens: Sequence[Token], start: int) -> bool:
    """Whether the list that opens at `start` has no blank lines between its parts."""
    level = tokens[start].level
    for token in tokens[start + 1 :]:
        if token.type == "paragraph_open" and token.level == level + 2:
            return token.hidden
        if token.level == level:
            return True
    return True
