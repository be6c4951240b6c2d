"""From text to terms and weights."""

from collections import Counter

import pytest

from footnote_core.index.lexicon import Lexicon
from footnote_core.index.terms import (
    FieldLengths,
    document_weights,
    identifier_weights,
    query_weights,
    shapes,
    split_code,
    term_id,
    terms,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Installing plugins", ["instal", "plugin"]),
        ("useBaseUrl", ["usebaseurl", "use", "base", "url"]),
        ("docusaurus.config.js", ["docusaurus.config.js", "docusaurus", "config", "js"]),
        ("--no-minify", ["no-minify", "no", "minifi"]),
        ("the of and", []),
        ("Don't! It isn’t Jest's", ["jest"]),
        ("HTTPServer", ["httpserver", "http", "server"]),
        ("検索機能", ["検索", "索機", "機能"]),
        ("café", ["café"]),
        ("", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_words_are_stemmed_in_the_language_of_the_locale() -> None:
    assert terms("Häuser", "de") == terms("Haus", "de")
    assert terms("nationalités", "fr") == terms("nationalité", "fr-CA")
    assert terms("検索", "ja") == ["検索"]


def test_code_is_told_from_prose() -> None:
    text = "Run:\n\n```bash\nnpm start\n```\n\nThen ~~~ it.\n  ~~~\n  x\n  ~~~"
    prose, code = split_code(text)
    assert "npm start" in code and "x" in code
    assert "Run:" in prose and "Then ~~~ it." in prose and "npm" not in prose


def test_a_title_counts_more_than_code_and_repetition_saturates() -> None:
    lengths = FieldLengths({"title": 2.0, "text": 20.0, "code": 20.0})

    def weight(**fields: dict[str, int]) -> float:
        bags = {name: Counter(fields.get(name, {})) for name in ("title", "text", "code")}
        return document_weights(bags, lengths)[term_id("x")]

    assert weight(title={"x": 1}) > weight(text={"x": 1}) > weight(code={"x": 1})
    assert weight(text={"x": 2}) < 2 * weight(text={"x": 1})
    assert weight(text={"x": 50}) < 3.5


def test_a_question_counts_each_word_once() -> None:
    weights = query_weights("swizzle swizzle the Root", "en", lambda term: True)
    assert weights == {term_id("swizzl"): 1.0, term_id("root"): 1.0}


def test_a_half_typed_or_misspelt_word_is_searched_by_its_letters() -> None:
    letters = {term_id(shape) for shape in shapes("swizz")}
    assert letters <= query_weights("how to swizz", "en", lambda term: True, typing=True).keys()
    assert letters <= query_weights("swizz how", "en", lambda term: term != "swizz").keys()
    assert not letters & query_weights("swizz how", "en", lambda term: True, typing=True).keys()
    assert shapes("Swizz a no") == ["~^sw", "~swi", "~wiz", "~izz"]


def test_identifiers_of_a_question_are_found_as_wholes() -> None:
    found = identifier_weights("why does useBaseUrl fail with --no-minify in the site", "en")
    assert found.keys() == {term_id("usebaseurl"), term_id("no-minify")}
    assert identifier_weights("plain words only", "en") == {}


def test_a_lexicon_survives_its_payload() -> None:
    lexicon = Lexicon.of(
        [{"text": Counter({"a": 3, "b": 1})}, {"text": Counter({"b": 1}), "title": Counter({"b": 1})}]
    )
    again = Lexicon.from_payload(lexicon.payload())
    assert [again.frequency(t) for t in ("a", "b", "c")] == [1, 2, 0]
    assert again.idf("c") > again.idf("a") > again.idf("b") > 0
