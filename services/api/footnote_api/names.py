"""Names in a question: what it is about, in words that are no common words of the language (pure)."""

import re
from collections.abc import Set
from functools import lru_cache
from string import ascii_lowercase

from footnote_core.embedders.local import load_tokenizer
from footnote_core.index.terms import terms

_TOKEN = re.compile(r"[\w$@#][\w$@#./:-]*\w")
_SENTENCE_START = re.compile(r"(?:^|[.?!:>\"“(])\s*$")
_WRITTEN_AS_CODE = re.compile(r"[a-z][A-Z]|_")
_WORD = re.compile(r"[^\W\d_]{3,}")
_PREFIXES = ("", "un", "in", "re", "non", "mis", "pre", "over")
_ENDINGS = (
    ("", ""), ("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"), ("ly", ""),
    ("er", ""), ("er", "e"), ("ers", ""), ("able", ""), ("able", "e"), ("ation", "e"), ("y", ""),
)  # fmt: skip
"""What a word may end in, and what its base form ends in instead."""
_TELLING_LETTERS = 5
"""Letters of a word that one letter too many or too few does not make another word."""
_DOUBLING = ("ed", "ing", "er")
"""Endings before which a consonant is doubled: `stripped`."""


def names_in(question: str, locale: str) -> dict[str, tuple[str, ...]]:
    """Each name of the question with its terms, the whole first.

    A name is capitalised within a sentence, written like code, or has a word that is not common. Only
    English is known well enough to tell capitals and common words; elsewhere names are what looks like code.
    """
    english = locale.lower().startswith("en")
    found: dict[str, tuple[str, ...]] = {}
    for match in _TOKEN.finditer(question):
        token = match.group()
        own = tuple(terms(token, locale))
        if not own or token[0].isdigit() or token in found:
            continue
        capital = token[0].isupper() and not _SENTENCE_START.search(question[: match.start()])
        if _WRITTEN_AS_CODE.search(token) or (english and (capital or not _all_common(token))):
            found[token] = own
    return found


def _all_common(token: str) -> bool:
    return all(is_common(word.lower()) or _is_slip(word) for word in _WORD.findall(token))


@lru_cache(maxsize=50_000)
def _is_slip(word: str) -> bool:
    return word.islower() and is_misspelt(word, _common_words())


def is_misspelt(word: str, known: Set[str]) -> bool:
    """Whether a word becomes a known one when a letter is added or left out or two are swapped, after the first.

    Short words are near so many others that only swapped letters count.
    """
    ends = range(1, len(word))
    if len(word) < _TELLING_LETTERS - 1:
        return False
    if any(word[:i] + word[i + 1] + word[i] + word[i + 2 :] in known for i in ends[:-1]):
        return True
    return len(word) >= _TELLING_LETTERS and (
        any(word[:i] + word[i + 1 :] in known for i in ends)
        or any(
            word[:i] + letter + word[i:] in known for i in (*ends, len(word)) for letter in ascii_lowercase
        )
    )


@lru_cache(maxsize=50_000)
def is_common(word: str) -> bool:
    """Whether a lower-case English word, or the one that it is formed from, is among the most frequent."""
    common = _common_words()
    for prefix in _PREFIXES:
        stem = word.removeprefix(prefix)
        if (prefix and stem == word) or len(stem) < 3:
            continue
        if any(
            stem.endswith(ending)
            and len(stem) - len(ending) > 2
            and stem[: len(stem) - len(ending)] + base in common
            for ending, base in _ENDINGS
        ):
            return True
        for ending in _DOUBLING:
            base = stem.removesuffix(ending)
            if base != stem and len(base) > 3 and base[-1] == base[-2] and base[:-1] in common:
                return True
    return False


@lru_cache(maxsize=1)
def _common_words() -> frozenset[str]:
    """The words that the tokenizer of the local embedder has a token of their own for.

    Its 32,000 tokens were chosen by frequency in a large body of text, so they serve as a list of common words
    that is installed anyway.
    """
    vocabulary = load_tokenizer().get_vocab()
    return frozenset(token[1:] for token in vocabulary if token.startswith("▁"))
