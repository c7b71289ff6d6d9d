"""Which language a text is in, for the few that words or script tell safely. Empty where it is not clear.

A word counts for every language that has it, less the more of them there are; short words that stand in names all over the
world (`de`, `la`) count little.
"""

import re
from functools import lru_cache
from typing import Final

_WORDS = {
    "en": "the and is are you your for with this that of to in it not can have be on was will from what how please i my me we our us do does "
    "did a an at by as if or but so there they them their when why which who where would could should about into than then just more some any "
    "no yes here these those has had been its it's don't i'm get make out up only also after before over",
    "de": "der die das und ist nicht sie ich ein eine für mit von auf zu den dem im wie was kann wird haben bitte ihre mein meine mir wir uns "
    "man es in an bei aus nach einen einer eines dass sind oder aber auch nur noch wenn wann warum wo wer welche sich werden wurde ihr ihnen "
    "durch über unter zum zur vom sehr gern möchte muss sollte dann hier diese dieser zusätzlich innerhalb ab bis",
    "fr": "le la les et est une des pour que vous je dans avec pas sur votre nous qui ce du au comment être peut un de en il elle on ne se son "
    "sa ses mon ma mes mais ou où donc car plus cette ces aux par sont été avoir fait faut quand pourquoi quel quelle peux puis très aussi "
    "c'est bien sans vos leur jours moi",
    "es": "el los las y es una para que con por no su del en usted como puede más se lo qué cómo está son un de la al mi me te nos pero o si "
    "cuando dónde porque qué sus este esta estos hay ser tiene muy también desde hasta sobre entre durante sin cada modo",
    "it": "il gli e è una per che con non di del della sono come può più si nel questo posso vostro anche un la le lo i al dal alla mi ma se "
    "quando perché dove cosa questa ho hai ha essere molto dei delle suo sua",
    "pt": "o os as e é uma para que com não do da em você como pode mais se seu isso são por está um de no na dos das meu minha me mas ou "
    "quando onde porque qual foi ser tem muito também até sobre",
    "nl": "de het een en is niet van voor met op je u dat die kan wordt hoe wat zijn naar uw ik mijn we ons in aan bij uit als maar of ook "
    "er nog wel waar waarom wanneer welke te om tot zich worden heb hebben deze dit leg zorg elke",
    "pl": "i w na z do nie się że to jest jak co czy dla od po ale lub oraz przez przy mój moja ja są był być może które który",
    "sv": "och att det är en ett som på för med inte av till jag du vi kan har om hur vad din ditt från eller men när så var ska",
    "da": "og at det er en et som på for med ikke af til jeg du vi kan har om hvordan hvad din dit fra eller men når så var skal",
}  # fmt: skip
_IN_NAMES = frozenset(
    "de la le les el los las del da do dos das di van der den von du des al a i e o y en and in".split()
)
_WORDS_OF = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_WEIGHTS: dict[str, tuple[tuple[str, float], ...]] = {}
for _word in sorted(frozenset[str]().union(*_WORDS_OF.values())):
    _languages = [language for language, words in _WORDS_OF.items() if _word in words]
    _weight = (0.3 if _word in _IN_NAMES else 1.0) / len(_languages)
    _WEIGHTS[_word] = tuple((language, _weight) for language in _languages)
_TELLING = frozenset(_WEIGHTS)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")), ("ko", re.compile(r"[\uac00-\ud7af]")), ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("cyrillic", re.compile(r"[\u0400-\u04ff]")), ("arabic", re.compile(r"[\u0600-\u06ff]")), ("hi", re.compile(r"[\u0900-\u097f]")),
    ("greek", re.compile(r"[\u0370-\u03ff]")), ("he", re.compile(r"[\u0590-\u05ff]")), ("th", re.compile(r"[\u0e00-\u0e7f]")),
)  # fmt: skip
_NAMED = re.compile(
    r"\b(?:translat\w*|übersetz\w*|tradu\w*|vertaal\w*|english|german|french|spanish|italian|portuguese|dutch|japanese|chinese|korean|russian|"
    r"polish|swedish|danish|arabic|hindi|greek|hebrew|deutsch\w*|englisch\w*|französisch\w*|spanisch\w*|français\w*|anglais\w*|allemand\w*|espagnol\w*|"
    r"español|inglés|italiano|inglese|português|languages?|sprachen?|langues?|idiomas?|lingua|mean\w*|bedeutet|signifie)\b",
    re.IGNORECASE,
)

MOST_CHARACTERS: Final = 250
"""What is read of a text."""

LEAST: Final = 1.8
"""Weight of the telling words, at least, and twice as much as for any other language."""


def language_of(text: str) -> str:
    """Two letters, a script's name, or empty."""
    text = text[:MOST_CHARACTERS]
    if not text.isascii():
        for name, script in _SCRIPTS:
            if len(script.findall(text)) * 3 > len(text):
                return name
    words = _TELLING.intersection(_WORD.findall(text.lower()))
    if len(words) < 2:
        return ""
    found: dict[str, float] = {}
    for word in words:
        for language, weight in _WEIGHTS[word]:
            found[language] = found.get(language, 0.0) + weight
    first = max(found, key=lambda one: (found[one], one))
    second = max((weight for language, weight in found.items() if language != first), default=0.0)
    return first if found[first] >= LEAST and found[first] >= 2 * second else ""


def both_english(one: str, other: str) -> bool:
    """Whether that is plain without counting words."""
    return " the " in one and " the " in other


def names_a_language(text: str) -> bool:
    """Whether a text speaks of languages, meanings or translating, so that another language may be what was asked for."""
    return _NAMED.search(text) is not None


_TRANSLATES = re.compile(r"\b(?:translat|übersetz|tradu|vertaal|interpreter|dolmetsch)", re.IGNORECASE)
_LANGUAGES = (
    ("en", r"english|englisch|anglais|inglés|inglese|engels"), ("de", r"german|deutsch|allemand|alemán|tedesco|duits"),
    ("fr", r"french|französisch|français|francés|francese|frans"), ("es", r"spanish|spanisch|español|castellano|espagnol|spagnolo"),
    ("it", r"italian|italienisch|italiano|italien"), ("pt", r"portugu[eê]s|portugiesisch|portugais"), ("nl", r"dutch|niederländisch|nederlands"),
    ("pl", r"polish|polnisch|polski"), ("sv", r"swedish|schwedisch|svenska"), ("da", r"danish|dänisch|dansk"), ("ja", r"japanese|japanisch|日本語"),
    ("ko", r"korean|koreanisch|한국어"), ("zh", r"chinese|mandarin|chinesisch|中文"), ("cyrillic", r"russian|russisch|ukrainian|русск"),
    ("arabic", r"arabic|arabisch|العربية"), ("hi", r"hindi|हिन्दी"), ("greek", r"greek|griechisch"), ("he", r"hebrew|hebräisch"), ("th", r"thai\b"),
)  # fmt: skip
_NAMES = tuple((language, re.compile(rf"\b(?:{names})", re.IGNORECASE)) for language, names in _LANGUAGES)


@lru_cache(1024)
def languages_named(instructions: str) -> frozenset[str] | None:
    """Languages that instructions name, as `language_of` calls them. None: they are about translating, so any may be right."""
    if _TRANSLATES.search(instructions):
        return None
    return frozenset(language for language, names in _NAMES if names.search(instructions))
