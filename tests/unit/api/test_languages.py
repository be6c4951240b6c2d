"""Which questions are surely in another language than the docs."""

import pytest

from footnote_api.languages import is_foreign


@pytest.mark.parametrize(
    ("question", "locale", "foreign"),
    [
        ("How do I change the colour?", "en", False),
        ("useBaseUrl baseUrl config", "en", False),
        ("Wie ändere ich die Farbe der Lampe?", "en", True),
        ("Wie ändere ich die Farbe der Lampe?", "de", False),
        ("Wie ändere ich die Farbe der Lampe?", "de-AT", False),
        ("How do I change the colour of it?", "de", True),
        ("Comment puis-je changer la couleur ?", "en", True),
        ("¿Cómo puedo cambiar el color?", "en", True),
        ("色を変えるにはどうすればいいですか", "en", True),
        ("docusaurus.config.js の baseUrl を変更するには", "ja", False),
        ("Как изменить цвет?", "en", True),
        ("Как изменить цвет?", "xx", True),
        ("", "en", False),
        ("1234 ?!", "en", False),
        ("die in production", "en", False),
    ],
)  # fmt: skip
def test_a_foreign_question_is_told_from_one_in_the_docs_language(
    question: str, locale: str, foreign: bool
) -> None:
    assert is_foreign(question, locale) is foreign
