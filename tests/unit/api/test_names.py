"""Which words of a question are names."""

import pytest

from footnote_api.names import is_common, is_misspelt, names_in


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How do I use Gatsby here?", ["Gatsby"]),
        ("my docz configuration does not work", ["docz"]),
        ("no trace of activeClassName in the docs", ["activeClassName"]),
        ("what does --failOnOpenHandles do", ["failOnOpenHandles"]),
        ("GIT_USER is not set", ["GIT_USER"]),
        ("Change the colour. Where are the settings? Blog: the same", []),
        ("is version 2.0.0 or 3 needed", []),
        ("remove duplicated, unused and stripped entries automatically", []),
        ("what does it mvoe in this enviroment", []),
        ("the of and", []),
        ("", []),
    ],
)
def test_names_are_what_no_common_word_is(question: str, names: list[str]) -> None:
    assert list(names_in(question, "en")) == names


def test_a_name_comes_with_its_terms_the_whole_first() -> None:
    assert names_in("set useBaseUrl", "en") == {"useBaseUrl": ("usebaseurl", "use", "base", "url")}


def test_in_other_languages_only_what_looks_like_code_is_a_name() -> None:
    assert list(names_in("Wie setze ich die Grundfarbe mit colorMode in der Konfiguration?", "de")) == [
        "colorMode"
    ]


@pytest.mark.parametrize(
    "word", ["page", "pages", "stripped", "configured", "inaccessible", "untested", "entries"]
)
def test_forms_of_common_words_are_common(word: str) -> None:
    assert is_common(word)


@pytest.mark.parametrize("word", ["docz", "nuxt", "mkdocs", "vuepress", "zigbee"])
def test_names_are_not_common(word: str) -> None:
    assert not is_common(word)


@pytest.mark.parametrize("word", ["mvoe", "enviroment", "langauge", "instaall"])
def test_one_slip_is_a_misspelling(word: str) -> None:
    assert is_misspelt(word, {"move", "environment", "language", "install"})


@pytest.mark.parametrize("word", ["docz", "odcs", "no", "", "insta", "installing"])
def test_other_words_are_not_misspellings(word: str) -> None:
    assert not is_misspelt(word, {"docs", "on", "install"})
