"""Which passages an answer may be made of, and whether they are enough to answer at all."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from footnote_core.index import GenerationInfo, Index
from footnote_core.index.calibration import Nearness
from footnote_core.index.lexicon import Lexicon
from footnote_core.index.terms import terms
from footnote_core.models import Passage

_OTHER_PASSAGES = 7
_SECTION_REACH = 4
"""Chunks of the best section that are read on either side of the one found."""
_LOOKED_AT = 5
"""Passages whose words decide whether the docs hold the answer."""

_WORDS_WEIGHT = 5.0
"""Of the share of the question's words that a passage holds, beside nearness in deviations."""

ENOUGH = -0.5
"""Least `support` of a question that is answered at strictness 1. On the development questions of
three sites it refuses 7 % of those the docs answer, 91 % of those asked of another site's docs, and
42 % of those about things that the docs are near to but do not hold."""
_STRICTER = 1.0
"""Added to it for every 1 of strictness."""
ENOUGH_WORDS = 0.25
"""Least share of words where there is no embedding to go by."""
_STRICTER_WORDS = 0.1

_NAMED = re.compile(r"[\w$@#][\w$@#./:-]*\w")
_LIKE_A_NAME = re.compile(r"^[A-Z]|[a-z][A-Z]|[_$@#/]|\w\.\w")


@dataclass(frozen=True, slots=True)
class Evidence:
    """passages    what the answer is made of: the best section whole and in order, then the others
    sufficient  whether to answer; if not, no answerer is asked
    nearest     what the search found, best first, to offer instead of an answer
    unknown     names in the question that the docs never mention
    """

    passages: tuple[Passage, ...]
    sufficient: bool
    nearest: tuple[Passage, ...]
    unknown: tuple[str, ...] = ()


async def choose(
    question: str, passages: Sequence[Passage], index: Index, info: GenerationInfo, strictness: float = 1.0
) -> Evidence:
    """Evidence for `question` out of what the search found, best first."""
    if not passages:
        return Evidence((), sufficient=False, nearest=())
    lead, *others = passages
    section = [
        lead if p.id == lead.id else p
        for p in await index.section(lead)
        if abs(p.ordinal - lead.ordinal) <= _SECTION_REACH
    ]
    taken = {p.id for p in section}
    rest = [p for p in others if p.id not in taken][:_OTHER_PASSAGES]
    lexicon = await index.lexicon()
    if any(p.parts.get("dense") for p in passages):
        enough = support(question, passages, lexicon, info.nearness) >= ENOUGH + _STRICTER * (strictness - 1)
    else:
        enough = covered(question, passages, lexicon) >= ENOUGH_WORDS + _STRICTER_WORDS * (strictness - 1)
    return Evidence(
        (*(section or [lead]), *rest), enough, tuple(passages), unknown_names(question, lexicon, lead.locale)
    )


def support(question: str, passages: Sequence[Passage], lexicon: Lexicon, nearness: Nearness) -> float:
    """How well the passages found fit the question.

    The share of its words that the best passage holds, and how near the nearest is in meaning,
    measured by how near the docs' own texts are to each other.
    """
    meaning = max(p.parts.get("dense", 0.0) for p in passages[:_LOOKED_AT])
    words = covered(question, passages, lexicon)
    return _WORDS_WEIGHT * words + nearness.of(meaning) if terms(question) else float("-inf")


def covered(question: str, passages: Sequence[Passage], lexicon: Lexicon) -> float:
    """The share of the question's words that the best passage holds; rare words weigh more."""
    weights = {term: lexicon.idf(term) for term in terms(question, passages[0].locale)}
    total = sum(weights.values())
    return max(_share(p, weights) for p in passages[:_LOOKED_AT]) / total if total else 0.0


def unknown_names(question: str, lexicon: Lexicon, locale: str) -> tuple[str, ...]:
    """Names in the question, not its first word, of which no part stands anywhere in the docs."""
    found = [name for name in _NAMED.findall(question)[1:] if _LIKE_A_NAME.search(name)]
    return tuple(
        dict.fromkeys(
            name for name in found if (t := terms(name, locale)) and not any(map(lexicon.frequency, t))
        )
    )


def _share(passage: Passage, weights: Mapping[str, float]) -> float:
    words = set(
        terms(" ".join((passage.title, *passage.path, passage.heading or "", passage.text)), passage.locale)
    )
    return sum(weight for term, weight in weights.items() if term in words)
