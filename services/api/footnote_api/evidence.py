"""Which passages an answer may be made of, and whether they are enough to answer at all."""

import math
import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

from footnote_api.names import is_misspelt, names_in
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

_WORDS_WEIGHT = 4.3
"""Of the share of the question's words that a passage holds, beside nearness in deviations."""
_NAME_WEIGHT = 1.5
"""Of the rarest name in the question that no passage mentions. All weights are those of a logistic
regression that hardly moves when any one of nine sites is left out (decision 0014)."""

ENOUGH = -0.9
"""Least `support` of a question that is answered at strictness 1; decision 0014 has the whole curve."""
ENOUGH_WORDS = 0.1
"""The same where there is no embedding to go by."""
_STRICTER = 1.0
"""Added to either for every 1 of strictness."""

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
    limit = ENOUGH if _nearest(passages) else ENOUGH_WORDS
    enough = support(question, passages, lexicon, info.nearness) >= limit + _STRICTER * (strictness - 1)
    return Evidence(
        (*(section or [lead]), *rest), enough, tuple(passages), unknown_names(question, lexicon, lead.locale)
    )


def support(question: str, passages: Sequence[Passage], lexicon: Lexicon, nearness: Nearness) -> float:
    """How well the passages found fit the question.

    The share of its words that the best passage holds, and how near the nearest is in meaning, measured
    by how near the docs' own texts are to each other; less the rarest name that none of them mentions.
    """
    looked_at = passages[:_LOOKED_AT]
    locale = passages[0].locale
    asked = set(terms(question, locale))
    if not asked:
        return float("-inf")
    held = [_words(passage) for passage in looked_at]
    words = _WORDS_WEIGHT * _covered(asked, held, lexicon)
    meaning = _nearest(looked_at)
    missing = _NAME_WEIGHT * _missing_name(question, locale, held, lexicon)
    return words + (nearness.of(meaning) if meaning else 0.0) - missing


def _nearest(passages: Sequence[Passage]) -> float:
    """Cosine of the nearest passage; 0 when there was no embedding."""
    return max(p.nearness for p in passages)


def _covered(asked: Set[str], held: Sequence[Set[str]], lexicon: Lexicon) -> float:
    """The share of the question's words that the best passage holds; rare words weigh more."""
    weights = {term: lexicon.idf(term) for term in asked}
    best = max(sum(weight for term, weight in weights.items() if term in words) for words in held)
    return best / sum(weights.values())


def _missing_name(question: str, locale: str, held: Sequence[Set[str]], lexicon: Lexicon) -> float:
    """How rare the rarest name of the question is that no passage mentions as a whole, in [0, 1].

    One that is only misspelt is mentioned.
    """
    rarest = math.log(2 * lexicon.documents + 2)  # the inverse document frequency of what the docs never use
    mentioned = frozenset[str]().union(*held)
    missing = (
        own
        for name, own in names_in(question, locale).items()
        if own[0] not in mentioned and not (name.islower() and is_misspelt(own[0], mentioned))
    )
    return max((max(map(lexicon.idf, own)) / rarest for own in missing), default=0.0)


def unknown_names(question: str, lexicon: Lexicon, locale: str) -> tuple[str, ...]:
    """Names in the question, not its first word, of which no part stands anywhere in the docs."""
    found = [name for name in _NAMED.findall(question)[1:] if _LIKE_A_NAME.search(name)]
    return tuple(
        dict.fromkeys(
            name for name in found if (t := terms(name, locale)) and not any(map(lexicon.frequency, t))
        )
    )


def _words(passage: Passage) -> Set[str]:
    text = " ".join((passage.title, *passage.path, passage.heading or "", passage.text))
    return frozenset(terms(text, passage.locale))
