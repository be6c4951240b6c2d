"""A sentence as what of it can be compared with another: words, numbers, names, negations (pure)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from footnote_core.index.terms import terms

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_CODE = re.compile(r"`+([^`\n]+)`+")
_TOKEN = re.compile(r"-{0,2}[\w$@#][\w$@#.:/\\*+~-]*[\w$#*/]|[\w$]", re.UNICODE)
_NAME = re.compile(r"^--?\w|[_/\\@#$:*]|\w\.\w|[a-z][A-Z]|^[A-Z]{2,}[A-Z\d]*$|[A-Za-z]\d|\d[A-Za-z]")
_CAPITALISED = re.compile(r"(?<![.!?:]\s)(?<!^)(?<=[\w,;)]\s)[A-Z][a-z]\w+(?:-\w+)*")
_NEGATORS = re.compile(
    r"\b(?:not|never|no|none|nothing|nobody|neither|nor|without|cannot|unable|\w+n['’]t)\b", re.IGNORECASE
)
_WORD = re.compile(r"[\w'’]+")
_COUNTS = {
    word: str(n)
    for n, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), start=2)
}
SOFT = frozenset(
    terms(
        "also both either use used using user can may must need needs let lets make makes made example following "
        "follow short note way get gets set sets just simply however therefore first then next like such same "
        "according documentation docs document documented describe described mean means called call want "
        "possible allow allows able please only very each every all any some other another here back more most "
        "one two it's you you're your we they not no never nor without cannot isn't doesn't don't "
        "instead rather within while since because although though still yet already available"
    )
)
"""Words that any paraphrase may add; what they might claim is checked as number or negation."""


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence with what can be compared."""

    text: str
    words: frozenset[str]
    prose: frozenset[str]
    """Its words without those inside names."""
    spoken: frozenset[str]
    """Its prose as written, in lower case: small words and endings included."""
    numbers: frozenset[str]
    names: frozenset[str]


def said_in(text: str, locale: str = "en") -> Said:
    """What the sentence `text` says."""
    plain = " ".join(text.split())
    names = frozenset(_names(plain))
    prose = _CODE.sub(" ", plain)
    for name in sorted(names, key=len, reverse=True):
        prose = prose.replace(name, " ")
    numbers = numbers_in(plain)
    numbers |= {_COUNTS[word] for word in re.findall(r"[a-z]+", plain.lower()) if word in _COUNTS}
    return Said(
        plain,
        words_in(plain, locale),
        words_in(prose, locale),
        frozenset(_WORD.findall(prose.lower())),
        frozenset(numbers),
        names,
    )


def words_in(text: str, locale: str) -> frozenset[str]:
    """Stemmed words; numbers are compared apart."""
    return frozenset(term for term in terms(text, locale) if not _NUMBER.fullmatch(term))


def numbers_in(text: str) -> set[str]:
    """Its numbers in figures, each in one way of writing."""
    return {_number(found) for found in _NUMBER.findall(text)}


def _number(text: str) -> str:
    """`4,000` and `4000` are one number; `2.1` stays."""
    return re.sub(r",(?=\d{3}\b)", "", text).rstrip(".,:")


def _names(text: str) -> Iterator[str]:
    """Code, options, files, identifiers and capitalised names."""
    for code in _CODE.findall(text):
        yield code.strip()
    prose = _CODE.sub(" ", text)
    for token in _TOKEN.findall(prose):
        if _NAME.search(token) and not re.fullmatch(r"[\d.,:/-]+|\w+['’]\w+", token):
            yield token.strip(":/")
    yield from _CAPITALISED.findall(prose)


def words_beside(number: str, text: str) -> set[str]:
    """The words next to a number, wherever it stands in `text`."""
    words = ["", *(_number(w) for w in re.findall(r"\d+(?:[.,:]\d+)*|[^\W\d]+", text.lower())), ""]
    words = [_COUNTS.get(word, word) for word in words]
    return {words[i + step] for i, word in enumerate(words) if word == number for step in (-1, 1)} - {""}


def denials(text: str) -> Iterator[frozenset[str]]:
    """For each negation: the two telling words that follow it, or the one before at a sentence's end."""
    for found in _NEGATORS.finditer(text):
        rest = re.split(r"[,;:.!?]\s|[,;:.!?]$", text[found.end() :])[0]
        after = [t for t in terms(rest) if t not in SOFT][:2]
        if not after:
            after = [t for t in terms(text[: found.start()]) if t not in SOFT][-1:]
        yield frozenset(after)
