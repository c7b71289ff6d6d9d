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
    "no yes here these those has had been its it's don't i'm get make out up only also after before over "
    "one two three four five six seven eight nine ten day days week weeks month months year years hour hours minutes today "
    "tomorrow yesterday monday tuesday wednesday thursday friday saturday sunday takes take return returns order orders your items "
    "item within under between while because very much many most other first last new open opened closed free email need needs use "
    "using used find found see go going went know think want like help back time way through during without where's that's you're "
    "we're isn't aren't doesn't can't shipped arrive arrives business per second seconds minute due come plus dove",
    "de": "der die das und ist nicht sie ich ein eine für mit von auf zu den dem im wie was kann wird haben bitte ihre mein meine mir wir uns "
    "man es in an bei aus nach einen einer eines dass sind oder aber auch nur noch wenn wann warum wo wer welche sich werden wurde ihr ihnen "
    "durch über unter zum zur vom sehr gern möchte muss sollte dann hier diese dieser zusätzlich innerhalb ab bis "
    "zwei drei vier fünf sechs sieben acht neun zehn tag tage tagen woche wochen monat monate jahr jahre stunden minuten heute "
    "morgen gestern montag dienstag mittwoch donnerstag freitag samstag sonntag dauert nimmt finde finden gibt geben ihrem ihren "
    "plus ihres meiner meinen unser unsere kein keine keinen weil damit ohne gegen zwischen während sofort bereits müssen können "
    "sollten würde haben hat hatte alle alles mehr viel sein seine versand bestellung rechnung geöffnet erhalten",
    "fr": "le la les et est une des pour que vous je dans avec pas sur votre nous qui ce du au comment être peut un de en il elle on ne se son "
    "sa ses mon ma mes mais ou où donc car plus cette ces aux par sont été avoir fait faut quand pourquoi quel quelle peux puis très aussi "
    "c'est bien sans vos leur jours moi "
    "deux trois quatre cinq six sept huit neuf dix jour jours semaine semaines mois an ans année heure heures aujourd'hui demain "
    "hier lundi mardi mercredi jeudi vendredi samedi dimanche ouvert ouverts sommes suis êtes avez avons ont fait faire pouvez "
    "pouvons voulez tout tous toute toutes mon notre nos leur chez entre pendant depuis vers sous comme alors ainsi combien "
    "quels quelles d'ouverture commande livraison retour gratuit n'est qu'il j'ai d'un d'une",
    "es": "el los las y es una para que con por no su del en usted como puede más se lo qué cómo está son un de la al mi me te nos pero o si "
    "cuando dónde porque qué sus este esta estos hay ser tiene muy también desde hasta sobre entre durante sin cada modo "
    "dos tres cuatro cinco seis siete ocho nueve diez día días semana semanas mes meses año años hora horas hoy mañana ayer lunes "
    "martes miércoles jueves viernes sábado domingo cuál cuáles quién cuánto cuánta cuántos cuántas así ahí allí hacer debe deben puede pueden tarda necesita necesitan cuesta puedo puedes podemos tengo tienes tenemos quiero quieres "
    "plus necesito ayudarte ayudar claro gracias todo todos toda todas nuestro nuestra mucho dentro después antes posteriores compra "
    "pedido factura devolver política número estamos fue será",
    "it": "il gli e è una per che con non di del della sono come può più si nel questo posso vostro anche un la le lo i al dal alla mi ma se "
    "quando perché dove cosa questa ho hai ha essere molto dei delle suo sua "
    "due tre quattro cinque sei sette otto nove dieci giorno giorni settimana settimane mese mesi anno anni ora ore oggi domani "
    "ieri lunedì martedì mercoledì giovedì venerdì sabato domenica tuo tua mio mia nostro suo loro stato stata puoi posso può "
    "possiamo vorrei grazie tutto tutti quale quali quanto entro dopo prima ordine spedito arriverà essere fattura reso con gli "
    "plus negli nella alle sui quante quanti quanta chi dov'è cos'è",
    "pt": "o os as e é uma para que com não do da em você como pode mais se seu isso são por está um de no na dos das meu minha me mas ou "
    "quando onde porque qual foi ser tem muito também até sobre "
    "dois três quatro cinco seis sete oito nove dez dia dias semana semanas mês meses ano anos hora horas hoje amanhã ontem "
    "segunda terça quarta quinta sexta sábado domingo você vocês posso pode podemos tenho temos quero obrigado tudo todos nosso "
    "plus nossa sua suas dentro depois antes compra pedido fatura acesse clique configurações conta cancelar seu pelo pela",
    "nl": "de het een en is niet van voor met op je u dat die kan wordt hoe wat zijn naar uw ik mijn we ons in aan bij uit als maar of ook "
    "er nog wel waar waarom wanneer welke te om tot zich worden heb hebben deze dit leg zorg elke "
    "twee drie vier vijf zes zeven acht negen tien dag dagen week weken maand maanden jaar jaren uur vandaag morgen gisteren "
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag kunt kunnen moet moeten mag willen onze jouw geen meer binnen na "
    "plus voordat omdat tussen tijdens zonder bestelling levering factuur gratis geopend",
    "pl": "i w na z do nie się że to jest jak co czy dla od po ale lub oraz przez przy mój moja ja są był być może które który",
    "sv": "och att det är en ett som på för med inte av till jag du vi kan har om hur vad din ditt från eller men när så var ska",
    "da": "og at det er en et som på for med ikke af til jeg du vi kan har om hvordan hvad din dit fra eller men når så var skal",
}  # fmt: skip
_MARKS = (
    ("¿", "es"),
    ("¡", "es"),
    ("ß", "de"),
    ("ñ", "es"),
    ("ão", "pt"),
    ("ção", "pt"),
    ("ción", "es"),
    ("zione", "it"),
)
"""Signs and endings that one of the languages has."""
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
_OWN = frozenset(word for word, weights in _WEIGHTS.items() if len(weights) == 1 and weights[0][1] == 1.0)
"""Words that only one of the languages has."""
_OWN_ENGLISH = _OWN & _WORDS_OF["en"]
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")), ("ko", re.compile(r"[\uac00-\ud7af]")), ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("cyrillic", re.compile(r"[\u0400-\u04ff]")), ("arabic", re.compile(r"[\u0600-\u06ff]")), ("hi", re.compile(r"[\u0900-\u097f]")),
    ("greek", re.compile(r"[\u0370-\u03ff]")), ("he", re.compile(r"[\u0590-\u05ff]")), ("th", re.compile(r"[\u0e00-\u0e7f]")),
)  # fmt: skip
_KANA, _HAN = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]"), re.compile(r"[\u4e00-\u9fff]")
_NAMED = re.compile(
    r"\b(?:translat\w*|übersetz\w*|tradu\w*|vertaal\w*|english|german|french|spanish|italian|portuguese|dutch|japanese|chinese|korean|russian|"
    r"polish|swedish|danish|arabic|hindi|greek|hebrew|deutsch\w*|englisch\w*|französisch\w*|spanisch\w*|français\w*|anglais\w*|allemand\w*|espagnol\w*|"
    r"español|inglés|italiano|inglese|português|languages?|sprachen?|langues?|idiomas?|lingua|mean\w*|bedeutet|signifie|"
    r"turkish|vietnamese|thai|ukrainian|finnish|norwegian|czech|slovak|hungarian|indonesian|malay|urdu|bengali|tamil|persian|farsi|swahili|latin|catalan|"
    r"romanian|bulgarian|serbian|croatian|mandarin|cantonese|esperanto|kanji|hiragana|katakana|pinyin|hanzi|hangul|romaji|cyrillic|alphabet|"
    r"transliterat\w*|bilingual|multilingual|native speakers?|polyglot|idioms?|proverbs?|lyrics|poems?|quot(?:e|ation)s?|subtitles?)\b",
    re.IGNORECASE,
)

MOST_CHARACTERS: Final = 250
"""What is read of a text."""

LEAST_KANA: Final = 2
"""Chinese texts have one in a name."""
LEAST: Final = 1.5
"""Weight of the telling words, at least, and twice as much as for any other language."""


def language_of(text: str) -> str:
    """Two letters, a script's name, or empty."""
    text = text[:MOST_CHARACTERS]
    low, marked = text.lower(), frozenset[str]()
    if not text.isascii():
        if _is_japanese(text):
            return "ja"
        for name, script in _SCRIPTS:
            if len(script.findall(text)) * 3 > len(text):
                return name
        marked = frozenset(language for mark, language in _MARKS if mark in low)
    # Words between spaces are enough where there are many; that is a third of the work.
    return _by_words(_TELLING.intersection(low.split()), marked) or _by_words(
        _TELLING.intersection(_WORD.findall(low)), marked
    )


def _is_japanese(text: str) -> bool:
    """Whether a text in Chinese characters has kana between them, as every sentence in Japanese has."""
    kana = len(_KANA.findall(text))
    signs = kana + len(_HAN.findall(text)) if kana else 0
    return kana > LEAST_KANA and kana * 6 >= signs and signs * 3 > len(text)


def _by_words(words: frozenset[str], marked: frozenset[str]) -> str:
    if len(words) + len(marked) < 2:
        return ""
    own = words & _OWN
    if len(own) > 2 and own <= _OWN_ENGLISH and not marked:
        return "en"
    found = dict.fromkeys(marked, 1.0)
    for word in words:
        for language, weight in _WEIGHTS[word]:
            found[language] = found.get(language, 0.0) + weight
    first = max(found, key=lambda one: (found[one], one))
    second = max((weight for language, weight in found.items() if language != first), default=0.0)
    return first if found[first] >= LEAST and found[first] >= 2 * second else ""


def languages_that_fit(text: str) -> frozenset[str]:
    """The languages that have every telling word of a short text, names aside; none where there are fewer than two."""
    words = _TELLING.intersection(_WORD.findall(text[:MOST_CHARACTERS].lower()))
    telling = words - _IN_NAMES
    if len(words) < 2 or not (len(telling) > 1 or telling & _OWN):
        return frozenset()
    return frozenset(language for language, known in _WORDS_OF.items() if telling <= known)


_LATIN = re.compile(r"[^\W\d_]{2,}")


def is_latin(text: str) -> bool:
    """Whether a text is words in Latin letters."""
    text = text[:MOST_CHARACTERS]
    return text.isascii() and len(_LATIN.findall(text)) > 2


SCRIPTS: Final = frozenset(name for name, _ in _SCRIPTS)
"""Languages told by their script alone."""


def speaks(text: str, language: str, least: int = 1) -> bool:
    """Whether a text has so many words that only this one of the languages has."""
    words = _TELLING.intersection(_WORD.findall(text[:MOST_CHARACTERS].lower()))
    return sum(_WEIGHTS[word][0][0] == language for word in words & _OWN) >= least


_ENGLISH = (
    " the ",
    " you ",
    " and ",
    " your ",
    " are ",
    " with ",
    " this ",
    " that ",
    " from ",
    " have ",
    " will ",
    "What ",
    "How ",
)


def both_english(question: str, answer: str) -> bool:
    """Whether that is plain without counting words: by the end of the question and the beginning of the answer."""
    return _has_english(answer[:MOST_CHARACTERS]) and _has_english(question[-MOST_CHARACTERS:])


def _has_english(text: str) -> bool:
    for mark in _ENGLISH:  # noqa: SIM110 - a generator takes twice as long
        if mark in text:
            return True
    return False


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


_PAGES = re.compile(
    r"^[ \t#*]*(?:context|sources?|documents?|knowledge(?: base)?|excerpts?|passages?|search results|reference (?:text|material))\b[^\n]{0,30}[:=]|<(?:context|documents?|sources?|passages?)\b",
    re.IGNORECASE | re.MULTILINE,
)
"""Where the instructions end and what they are to be followed with begins."""
_ANSWERING = re.compile(
    r"\b(?:answer|reply|repl(?:y|ies)|respond|write|speak|talk|antwort|schreib|sprich|répon[ds]|responde|contest[ae]|rispond|odpowiad|antwoord)\w*",
    re.IGNORECASE,
)
_LINE = re.compile(r"[^.!?\n]+")


@lru_cache(1024)
def languages_named(instructions: str) -> frozenset[str] | None:
    """Languages that instructions name, as `language_of` calls them. None: they are about translating, so any may be right.

    Of pages that follow the instructions only what says how to answer is read: they may be about languages.
    """
    pages = _PAGES.search(instructions)
    if pages:
        told = (line for line in _LINE.findall(instructions[pages.start() :]) if _ANSWERING.search(line))
        instructions = "\n".join((instructions[: pages.start()], *told))
    if _TRANSLATES.search(instructions):
        return None
    clauses = [clause for clause in _CLAUSE.findall(instructions) if _ANSWERING.search(clause)]
    # `The manuals are in English, the answers in German`
    answering = _named(" ".join(clauses))
    if answering or any(_OF_THE_USER.search(clause) for clause in clauses):
        return answering
    return _named(instructions)


def _named(text: str) -> frozenset[str]:
    return frozenset(language for language, names in _NAMES if names.search(text))


_CLAUSE = re.compile(r"[^.!?;,\n]+")
_OF_THE_USER = re.compile(
    r"\blanguage (?:of|that|in which|as) (?:the |their |his |her )?(?:question|user|customer|applicant|person|visitor|guest|client|message|they|he|she|it)|\b(?:user|customer|applicant|visitor|guest|client|same)(?:['’]s)? language|"
    r"sprache (?:der|des) (?:frage|nutzers|kunden|fragenden)|langue (?:de la question|de l['’]utilisateur|du client)|idioma (?:de la pregunta|del usuario|del cliente)",
    re.IGNORECASE,
)
