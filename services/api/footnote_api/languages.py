"""Whether a question is in another language than the docs (pure): by its script and its small words."""

import re
import unicodedata

_WORD = re.compile(r"[^\W\d_]+")
_SMALL_WORDS = {
    "en": "the a an is are do does how what why when where which can i to of in on for with my it not",
    "de": "der die das ein eine ist sind wie was warum wann wo welche kann ich zu von im auf für mit mein und nicht wird den dem man",
    "fr": "le la les un une est sont comment quoi pourquoi quand où quel quelle puis je de du des dans sur pour avec mon et ne pas",
    "es": "el la los las un una es son cómo como qué que por cuándo dónde cuál puedo de en para con mi y no se",
    "pt": "o os um uma é são como que por quando onde qual posso eu de do da em para com meu e não se",
    "it": "il lo la i gli un una è sono come che cosa perché quando dove quale posso io di del in per con mio e non si",
    "nl": "de het een is zijn hoe wat waarom wanneer waar welke kan ik te van in op voor met mijn en niet",
    "pl": "jest są jak co dlaczego kiedy gdzie który mogę do z w na dla i nie się czy",
    "tr": "bir ve bu nasıl ne neden nerede hangi için ile mi mı değil",
}  # fmt: skip
_SETS = {locale: frozenset(words.split()) for locale, words in _SMALL_WORDS.items()}
_SCRIPTS = {
    "ja": "CJK",
    "zh": "CJK",
    "ko": "HANGUL",
    "ru": "CYRILLIC",
    "uk": "CYRILLIC",
    "el": "GREEK",
    "ar": "ARABIC",
    "he": "HEBREW",
    "hi": "DEVANAGARI",
}
_OWN_SCRIPT = 0.4
"""Share of letters in a script from which a text is written in it; names in Latin letters may be among them."""


def is_foreign(question: str, locale: str) -> bool:
    """Whether `question` is surely not in the language `locale`; False in doubt."""
    letters = [c for c in question if c.isalpha()]
    if not letters:
        return False
    language = locale.partition("-")[0].lower()
    latin = sum(unicodedata.name(c, "").startswith("LATIN") for c in letters) / len(letters)
    if language in _SCRIPTS:
        return latin > 1 - _OWN_SCRIPT / 4 and len(letters) > 12
    if latin < 1 - _OWN_SCRIPT:
        return True
    words = [word.lower() for word in _WORD.findall(question)]
    counts = {name: sum(word in small for word in words) for name, small in _SETS.items()}
    own = counts.pop(language, None)
    return own is not None and max(counts.values()) >= max(2, 2 * own)
