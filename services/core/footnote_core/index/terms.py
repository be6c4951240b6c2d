"""Lexical side of the index: text to stemmed terms, terms to BM25F sparse vectors (pure).

BM25F adds up a term's occurrences over weighted, length-normalised fields and saturates the sum
once (Robertson, Zaragoza, Taylor 2004). Everything but the IDF is known at index time, so it is
stored in the sparse vector and the engine multiplies the IDF in: both engines score alike.
"""

import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import Stemmer

from footnote_core.models import Chunk, Page

_COMPOUND = re.compile(r"[^\W_][\w]*(?:[.\-/@:]+\w+)*", re.UNICODE)
_CONTRACTION = re.compile(r"['’](?:t|s|re|ve|ll|d|m)\b", re.IGNORECASE)
_PART = re.compile(r"[^\W_]+", re.UNICODE)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")

_LANGUAGES = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "fi": "finnish", "fr": "french", "hi": "hindi", "hu": "hungarian", "id": "indonesian", "it": "italian",
    "nl": "dutch", "no": "norwegian", "nb": "norwegian", "pl": "", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""Snowball stemmer by locale; a locale that is not here is not stemmed."""

_STOPWORDS = frozenset(
    "a an and are as at be been but by can could did do does for from had has have how i if in into is it its "
    "me my of on or our should so such than that the their them then there these they this to was we were what "
    "when where which who why will with would you your "
    "don doesn didn isn aren wasn weren won wouldn couldn shouldn hasn haven hadn ain".split()
)
"""English function words, and what is left of their contractions; without them the engine skips its longest posting lists."""


@dataclass(frozen=True, slots=True)
class Field:
    """weight: how much an occurrence counts; b: how strongly the field's length is normalised."""

    weight: float
    b: float


FIELDS: Mapping[str, Field] = {
    "title": Field(12.0, 0.3),
    "heading": Field(6.0, 0.3),
    "linked": Field(4.0, 0.0),
    "text": Field(1.0, 0.5),
    "code": Field(0.5, 0.5),
    "shape": Field(0.3, 0.0),
}
K1 = 2.5
"""Weights, b and k1 were chosen on development questions; `make bench` measures them.
`linked` holds each word of the texts of links once, `shape` the letters of title and heading, see `shapes`."""


@lru_cache(maxsize=32)
def _stemmer(locale: str) -> Callable[[str], str]:
    language = _LANGUAGES.get(locale.partition("-")[0].lower(), "")
    if not language:
        return str
    stemmer = Stemmer.Stemmer(language, 50_000)
    return lambda word: str(stemmer.stemWord(word))


def _words(token: str) -> Iterable[str]:
    """The words inside one token: `useBaseUrl` -> use, base, url; 検索機能 -> 検索, 索機, 機能."""
    for part in _PART.findall(token):
        if _CJK.fullmatch(part):
            yield from (part[i : i + 2] for i in range(max(1, len(part) - 1)))
            continue
        pieces = _HUMP.split(part)
        yield part.lower()
        if len(pieces) > 1:
            yield from (piece.lower() for piece in pieces)


@lru_cache(maxsize=100_000)
def _token_terms(token: str, locale: str) -> tuple[str, ...]:
    """The terms of one token; a corpus repeats its tokens so often that nearly all are remembered."""
    stem = _stemmer(locale)
    words = tuple(stem(word) for word in _words(token) if word not in _STOPWORDS)
    return words if token.isalnum() else (token.lower(), *words)


def terms(text: str, locale: str = "en") -> list[str]:
    """Stemmed terms of `text`, in order; identifiers count as a whole and as their parts."""
    found: list[str] = []
    for token in _COMPOUND.findall(_CONTRACTION.sub("", text)):
        found += _token_terms(token, locale)
    return found


def shapes(text: str) -> list[str]:
    """Three letters at a time of every longer word: what a half-typed or misspelt word still shares."""
    words = (f"^{word.lower()}" for word in _PART.findall(text) if len(word) > 2)
    return [f"~{word[i : i + 3]}" for word in words for i in range(len(word) - 2)]


@lru_cache(maxsize=200_000)
def term_id(term: str) -> int:
    """Dimension of a term in the sparse vectors: 32-bit CRC; collisions are too rare to matter."""
    return zlib.crc32(term.encode())


def split_code(markdown: str) -> tuple[str, str]:
    """Prose and fenced code of a Markdown text."""
    prose: list[str] = []
    code: list[str] = []
    fence = ""
    for line in markdown.splitlines():
        stripped = line.strip()
        if not fence and stripped.startswith(("```", "~~~")):
            fence = stripped[:3]
        elif fence and stripped.startswith(fence):
            fence = ""
        else:
            (code if fence else prose).append(line)
    return "\n".join(prose), "\n".join(code)


Bags = Mapping[str, Counter[str]]
"""Term counts of a document, by field name."""


def chunk_bags(chunk: Chunk) -> Bags:
    """The fields of a chunk."""
    prose, code = split_code(chunk.text)
    heading = chunk.heading or ""
    bags = _bags(chunk.locale, title=chunk.title, heading=heading, text=prose, code=code)
    bags["linked"] = Counter(set(terms("\n".join(chunk.linked), chunk.locale)))
    bags["shape"] = Counter(set(shapes(f"{chunk.title} {heading}")))
    return bags


def page_bags(page: Page, chunks: Iterable[Bags]) -> Bags:
    """The fields of a whole page, given those of its chunks: all its headings count as headings."""
    headings = " ".join(section.heading or "" for section in page.sections)
    about = " ".join((page.description, *page.keywords))
    bags = _bags(page.locale, title=page.title, heading=headings, text=about, code="")
    bags["linked"] = Counter()
    for chunk in chunks:
        bags["linked"] |= chunk["linked"]
        for name in ("text", "code"):
            bags[name].update(chunk[name])
    return bags


def _bags(locale: str, **texts: str) -> dict[str, Counter[str]]:
    return {name: Counter(terms(text, locale)) for name, text in texts.items()}


@dataclass(frozen=True, slots=True)
class FieldLengths:
    """Mean length of each field over a corpus, in terms."""

    mean: Mapping[str, float]


Weights = Mapping[int, float]
"""A sparse vector: term id -> weight."""


def document_weights(bags: Bags, lengths: FieldLengths) -> Weights:
    """BM25F weight of each term of a document, without the IDF, which the engine supplies."""
    frequencies: dict[str, float] = {}
    for name, bag in bags.items():
        # The first text of a field that the corpus did not have is as long as usual.
        field, mean = FIELDS[name], lengths.mean.get(name) or bag.total()
        if not mean:
            continue
        normaliser = 1.0 - field.b + field.b * bag.total() / mean
        for term, count in bag.items():
            frequencies[term] = frequencies.get(term, 0.0) + field.weight * count / normaliser
    return {term_id(term): value * (K1 + 1.0) / (K1 + value) for term, value in frequencies.items()}


def query_weights(
    question: str, locale: str, knows: Callable[[str], bool], *, typing: bool = False
) -> Weights:
    """The distinct terms of a question with weight 1, and the shapes of words that are not whole.

    knows   whether the docs hold a term; a word of which they hold nothing is taken for misspelt
    typing  the last word may be half-typed
    """
    found = dict.fromkeys(terms(question, locale))
    words = _PART.findall(question)
    for position, word in enumerate(words):
        last = typing and position == len(words) - 1
        own = _token_terms(word, locale)
        if last or (own and not any(map(knows, own))):
            found |= dict.fromkeys(shapes(word))
    return {term_id(term): 1.0 for term in found}


def identifier_weights(question: str, locale: str) -> Weights:
    """The identifiers of a question as wholes: option names, commands, file names, error codes."""
    tokens = (_token_terms(token, locale) for token in _COMPOUND.findall(_CONTRACTION.sub("", question)))
    return {term_id(own[0]): 1.0 for own in tokens if len(own) > 1}
