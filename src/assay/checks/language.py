"""Which language a text is in, for the few that words or script tell safely. Empty where it is not clear."""

import re

_WORDS = {
    "en": "the and is are you your for with this that of to in it not can have be on was will from what how please",
    "de": "der die das und ist nicht sie ich ein eine für mit von auf zu den dem im wie was kann wird haben bitte ihre",
    "fr": "le la les et est une des pour que vous je dans avec pas sur votre nous qui ce du au comment être peut",
    "es": "el los las y es una para que con por no su del en usted como puede más se lo qué cómo está son",
    "it": "il gli e è una per che con non di del della sono come può più si nel questo posso vostro anche",
    "pt": "o os as e é uma para que com não do da em você como pode mais se seu isso são por está",
    "nl": "de het een en is niet van voor met op je u dat die kan wordt hoe wat zijn naar uw",
}  # fmt: skip
_WORDS_OF = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_TELLING = frozenset[str]().union(*_WORDS_OF.values())

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")), ("ko", re.compile(r"[\uac00-\ud7af]")), ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("cyrillic", re.compile(r"[\u0400-\u04ff]")), ("arabic", re.compile(r"[\u0600-\u06ff]")), ("hi", re.compile(r"[\u0900-\u097f]")),
)  # fmt: skip
_NAMED = re.compile(
    r"\b(?:translat\w*|übersetz\w*|tradu\w*|english|german|french|spanish|italian|portuguese|dutch|japanese|chinese|korean|russian|"
    r"arabic|hindi|deutsch\w*|englisch\w*|français\w*|anglais\w*|español|inglés|italiano|inglese|português|language|sprache|langue|idioma|lingua)\b",
    re.IGNORECASE,
)

MOST_CHARACTERS = 250
"""What is read of a text."""

LEAST_WORDS = 5
"""Different telling words, at least, and twice as many as of any other language."""


def language_of(text: str) -> str:
    """Two letters, a script's name, or empty."""
    text = text[:MOST_CHARACTERS]
    if not text.isascii():
        for name, script in _SCRIPTS:
            if len(script.findall(text)) * 3 > len(text):
                return name
    words = _TELLING.intersection(text.lower().split())
    if len(words) < LEAST_WORDS:
        return ""
    second, first = sorted((len(words & telling), language) for language, telling in _WORDS_OF.items())[-2:]
    return first[1] if first[0] >= LEAST_WORDS and first[0] >= 2 * second[0] else ""


def both_english(one: str, other: str) -> bool:
    """Whether that is plain without counting words."""
    return " the " in one and " the " in other


def names_a_language(text: str) -> bool:
    """Whether a text speaks of languages or of translating, so that another language may be what was asked for."""
    return _NAMED.search(text) is not None
