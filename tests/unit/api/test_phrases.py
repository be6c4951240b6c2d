"""The API's own sentences: every language has all of them, with the same places to fill."""

from dataclasses import fields
from string import Formatter

import pytest

from footnote_api.phrases import Phrases, phrases_in

ENGLISH = phrases_in("en")
SENTENCES = [each.name for each in fields(Phrases) if each.type == "str" or each.type is str]


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("locale", ["de", "fr", "es", "ja"])
def test_a_language_says_all_that_english_says(locale: str) -> None:
    other = phrases_in(locale)
    assert len(SENTENCES) == 12
    for name in SENTENCES:
        assert places(getattr(other, name)) == places(getattr(ENGLISH, name)), name
    assert other.refusal != ENGLISH.refusal
    assert set(other.failures) == {"", "slow", "cut", "context", "filter", "budget"}


@pytest.mark.parametrize(
    ("locale", "like"), [("fr-CA", "fr"), ("DE", "de"), ("pt", "en"), ("", "en"), (None, "en")]
)
def test_a_locale_is_spoken_in_its_language_or_in_english(locale: str | None, like: str) -> None:
    assert phrases_in(locale) is phrases_in(like)


def test_names_are_listed_as_the_language_does() -> None:
    assert ENGLISH.listed(["a"]) == "a"
    assert ENGLISH.listed(["a", "b", "c"]) == "a, b and c"
    assert phrases_in("de").listed(["a", "b"]) == "a und b"


def test_a_failure_is_told_by_its_kind_and_in_english_by_its_message() -> None:
    assert ENGLISH.failure("slow", "OpenAI did not answer in time.") == "OpenAI did not answer in time."
    assert phrases_in("es").failure("slow", "…") == "El modelo de lenguaje no respondió a tiempo."
    assert phrases_in("es").failure("anything", "…") == phrases_in("es").failures[""]
