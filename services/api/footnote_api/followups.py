"""Follow-up questions: what to search for when a question needs the ones before it."""

import re
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from footnote_api.answerers import Turn

_SELECTED_WORDS = 60
"""Of selected text that are searched for: more would drown the question."""
_SHORT = 12
"""Words of a question that may lean on the one before it."""
_WORD = re.compile(r"\w+")
_POINTS_BACK = frozenset(
    "it its that this these those them they there one ones he she same instead also".split()
)
_FILLERS = frozenset(
    "a an and are at but can do does for how i in is me my of on or so the to what when where why with you".split()
)


@runtime_checkable
class Rewriter(Protocol):
    """An answerer that can also make a question stand alone."""

    async def standalone(self, question: str, history: Sequence[Turn], locale: str) -> str:
        """`question` without what only `history` explains, in the language `locale`. Raises UpstreamError."""


def needs_context(question: str, history: Sequence[Turn]) -> bool:
    """Whether a question may need the ones before it: it is short, or points back."""
    words = [word.lower() for word in _WORD.findall(question)]
    asked_before = any(turn.role == "user" for turn in history)
    return asked_before and (len(words) <= _SHORT or any(word in _POINTS_BACK for word in words[:_SHORT]))


def in_context(question: str, history: Sequence[Turn], selection: str = "") -> str:
    """The question to search for.

    One about selected text takes its words along; a short one that points back takes the words of
    the question before it.
    """
    if selection:
        return f"{question}\n\n{' '.join(selection.split()[:_SELECTED_WORDS])}"
    words = [word.lower() for word in _WORD.findall(question)]
    telling = [word for word in words if word not in _FILLERS and word not in _POINTS_BACK]
    previous = next((turn.content for turn in reversed(history) if turn.role == "user"), None)
    if previous is None or len(words) > 10:
        return question
    if len(telling) <= 1 or any(word in _POINTS_BACK for word in words):
        return f"{previous} {question}"
    return question
