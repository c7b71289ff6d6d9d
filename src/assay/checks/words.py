"""Words of a text as keys that can be compared: `Bought` and `buying` are one, `USA` and `United States` are one.

    text ─► tokens with their places ─► key of each word ("" for words that say nothing) ─► weight

English is stemmed. Words of other languages are compared by their first letters, which serves most European ones.
"""

import html
import re
from itertools import chain
from typing import Final, NamedTuple

from assay.checks.remembered import remembered

WORD: Final = re.compile(
    r"[^\W_]+(?:[.,](?=\d)\d+)*(?:['’](?=[a-zA-Z])[a-zA-Z]+)?|[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]"
)
"""A word or a number; `1,200.50`, `don't` and `user's` are one each."""

REMEMBERED_CHARACTERS: Final = 4_000_000
"""Of whole texts that are remembered with their words."""
REMEMBERED_TOKENS: Final = 8_000_000
"""Of words, about 70,000."""

LIGHT_WEIGHT: Final = 0.35
"""What a light word counts for, where a word of content counts one."""

PREFIX_CHARACTERS: Final = 5
"""Words that share these first letters are taken for relatives of one another."""

SELF, YOU, DENIAL, FEELING, DOUBT, ACKNOWLEDGEMENT = (1 << bit for bit in range(6))
_MOODS: Final = tuple(
    (bit, frozenset(members.split()))
    for bit, members in (
        (SELF, "i my me mine i'm i've i'd i'll im myself"),
        (YOU, "you your you're yours"),
        (
            DENIAL,
            (
                "not no never none cannot without nobody nothing neither nor nt isn don doesn didn aren wasn weren won wouldn couldn shouldn "
                "haven hasn hadn nicht nie niemals kein keine keinen nie ohne pas aucun jamais sans nunca sin ningún senza não sem niet geen"
            ),
        ),
        (
            FEELING,
            (
                "love loved enjoy enjoyed hate think thought guess believe hope wish wonder imagine feel bet agree prefer favorite favourite cool "
                "amazing awesome interesting great nice funny crazy fun fan beautiful sad true sure idea heard read remember surprised glad"
            ),
        ),
        (DOUBT, "maybe probably perhaps might"),
        (
            ACKNOWLEDGEMENT,
            "agree true right know sure yes guess believe think interesting cool great nice awesome good wow",
        ),
    )
)

STOP: Final = frozenset(
    "a an the and or but nor if of at by for with about to from in on into onto upon within is are was were be been being am it they "
    "them its their theirs our ours ourselves itself themselves this that these those there here he she him her his hers who whom whose "
    "which what when where why how do does did doing done have has had having will would shall should can could may might must not no "
    "so as than then too very just also only own same such both each any all some every either neither more most much many few other another "
    "you your yours yourself we us i me my mine myself s t m re ve ll d don doesn didn isn aren wasn weren won wouldn couldn shouldn hasn haven hadn "
    "cannot up out off over again further once while during before after above below between through under per via e g eg ie etc "
    "let lets us it's that's there's he's she's they're you're we're i'm i've i'd i'll you'll you've we've we'll they've they'll "
    "because since until unless although though however therefore thus hence whether yet still even instead rather else "
    "der das und ist sie ein eine einen einem einer für mit von auf zu den dem des im wie kann wird haben ihre ihr ihnen wir sich auch oder aber "
    "bei nach aus durch über vor bis werden sind nur noch mehr nicht kein keine "
    "le la les et est une des du que qui vous je dans avec pas sur votre vos nous ce cette ces au aux comment être peut pouvez ou sont il elle en un par ne "
    "el los las una para con por del usted como puede más se lo qué son su sus y o si al gli che di della delle sono può nel "
    "os as uma não em você mais seu sua isso são het een niet van voor met op dat wordt hoe wat zijn naar uw "
    "um oh hey hi hello wow haha lol ok okay please thanks thank yes yeah yea yep yup well sure".split()
)
"""Words without a claim of their own; what they do to a sentence (denial, first person) is looked at apart."""

LIGHT: Final = frozenset(
    "know think guess believe feel seem like love enjoy hear see say tell read talk mean wonder remember agree want need get got go come "
    "make take give put use try find keep let look thing things something anything everything lot lots kind sort way ways time times "
    "good great nice cool awesome amazing interesting interested funny crazy weird fun best better bad sad happy surprising surprised "
    "really actually quite pretty definitely probably maybe perhaps usually often sometimes always never ever already now today "
    "people person one ones year years day days new old big large small different important specific various several certain able "
    "known called named considered based including include includes note following available possible example using used "
    "first last next two back around away together right long little less far soon currently generally typically simply directly "
    "require required means ensure help helps provide provides provided allow allows work works apply applies contact option options".split()
)
"""Words that hold little of a claim; their absence from the context tells less than that of others."""

_GROUPS = (
    "usa america american", "uk britain british",
    "begin start commence originate launch", "end finish conclude stop terminate", "buy purchase acquire order", "sell sale sold",
    "big large huge", "small little tiny", "several multiple many numerous various", "normal usual typical common general regular",
    "call name term refer know", "movie film", "child kid", "car automobile vehicle", "pro professional", "firm company business corporation",
    "die dead death", "bear birth born", "allow permit", "need require must necessary", "forbid prohibit ban disallow",
    "create make build produce found establish develop", "get receive obtain", "give provide offer supply", "show display", "use utilise utilize employ",
    "help assist aid support", "fix repair", "delete remove", "send mail dispatch deliver ship", "pay payment charge cost price fee",
    "return refund reimburse", "cancel cancellation", "close shut", "phone telephone", "photo picture image",
    "job work occupation profession", "live reside", "city town", "country", "student pupil", "doctor physician", "lawyer attorney",
    "rule law regulation", "change modify alter update", "choose select pick", "contain hold include comprise consist", "part portion piece segment",
    "type kind form sort variety", "old ancient", "fast quick rapid", "important significant major main primary", "famous popular known",
    "win victory victorious", "lose loss lost", "song music track", "write author", "speak talk say tell", "think believe consider",
    "increase grow rise raise", "decrease reduce decline drop fall lower", "approximate about roughly around", "annual year yearly", "month monthly",
    "day daily", "week weekly", "hour hourly", "free complimentary gratis", "error fault problem issue", "correct right", "wrong incorrect",
    "quarterback qb", "television tv", "information info", "application app", "maximum max", "minimum min", "percent percentage",
    "employee staff worker personnel", "customer client", "invoice bill", "login signin", "setting configuration configure", "enable activate",
    "disable deactivate", "wash clean rinse", "receipt proof", "trip journey travel",
    "flat apartment", "holiday vacation leave", "euro eur €", "dollar usd $", "pound gbp £", "kilogram kg kilo", "kilometre kilometer km", "centimetre centimeter cm",
    "metre meter", "second sec", "hour hr", "megabyte mb", "gigabyte gb", "suitcase luggage baggage bag", "ticket fare",
    "automatic automatically", "connect plug attach", "address location", "water moisture", "mail email e-mail", "want desire", "plane flight fly",
)  # fmt: skip
_IRREGULAR = (
    "be is are was were been|go went gone goes|do did done|have had has|make made|take took taken|give gave given|get got gotten|come came|"
    "begin began begun|write wrote written|know knew known|grow grew grown|see saw seen|say said|tell told|think thought|buy bought|"
    "bring brought|teach taught|catch caught|find found|hold held|lead led|lose lost|keep kept|leave left|send sent|spend spent|build built|"
    "sell sold|pay paid|meet met|win won|run ran|fall fell fallen|rise rose risen|drive drove driven|speak spoke spoken|break broke broken|"
    "choose chose chosen|wear wore worn|eat ate eaten|drink drank drunk|sing sang sung|swim swam swum|draw drew drawn|fly flew flown|"
    "throw threw thrown|show showed shown|feel felt|stand stood|understand understood|become became|hear heard|read|mean meant|sit sat|"
    "child children|man men|woman women|person people|foot feet|tooth teeth|mouse mice|life lives|wife wives|leaf leaves|half halves|"
    "shelf shelves|knife knives|bear born borne|die died dying dead death|use used using uses|tie tying|cost costs|put puts|set sets|cut cuts|"
    "good better best|bad worse worst|far further farther|steal stole stolen|hide hid hidden|forget forgot forgotten|ride rode ridden|"
    "sleep slept|fight fought|seek sought|wind wound|feed fed|light lit|bind bound|strike struck|shoot shot|deal dealt|lend lent|"
    "originate origin original originally|analysis analyses|criterion criteria|medium media|datum data|invade invasion|decide decision|"
    "explain explanation|describe description|produce production|receive receipt|reduce reduction|apply application|expire expiry expiration|"
    "choice choose|high height|long length|wide width|strong strength|deep depth|warm warmth|grow growth|weigh weight|fly flight|"
    "arrive arrival|approve approval|renew renewal|withdraw withdrew withdrawn withdrawal|proof prove proven|believe belief|lose loss|"
    "conquer conquest|pursue pursuit|marry marriage|succeed success|fail failure|depart departure|please pleasure|sign signature"
)
_IRREGULAR_OF: dict[str, str] = {
    form: row.split()[0] for row in reversed(_IRREGULAR.split("|")) for form in row.split()
}

_BESIDE_DIGIT = re.compile("(?<=\\d)\xad|\xad(?=\\d)")
_ORDINAL = re.compile(r"^(\d+)(?:st|nd|rd|th)$")
NUMERALS: Final[dict[str, int]] = {
    word: number
    for number, words in enumerate(
        "zero|one|two zwei deux dos dois duas twee dwa dwie dwóch|three third drei trois tres tre drie trzy trzech|four fourth vier quatre cuatro quattro quatro cztery czterech|"
        "five fifth fünf cinq cinco cinque vijf pięć pięciu|six sixth sechs seis zes sześć sześciu|"
        "seven seventh sieben siete sette sete zeven siedem siedmiu|eight eighth acht huit ocho otto oito osiem ośmiu|nine ninth neun neuf nueve nove negen dziewięć|ten tenth zehn dix diez dieci dez tien dziesięć dziesięciu|eleven eleventh onze undici|"
        "twelve twelfth zwölf douze doce dodici doze twaalf|thirteen thirteenth dreizehn treize|fourteen vierzehn quatorze catorce|fifteen fünfzehn quinze quince quindici vijftien|"
        "sixteen sechzehn seize|seventeen siebzehn|eighteen achtzehn|nineteen neunzehn".split("|")
    )
    for word in words.split()
} | {
    word: 10 * (number + 2)
    for number, words in enumerate(
        "twenty zwanzig vingt veinte venti vinte twintig|thirty dreißig trente treinta trenta trinta dertig|forty vierzig quarante cuarenta quaranta quarenta veertig|fifty fünfzig cinquante cincuenta cinquanta cinquenta vijftig|"
        "sixty sechzig soixante sesenta|seventy siebzig setenta|eighty achtzig ochenta|ninety neunzig noventa".split(
            "|"
        )
    )
    for word in words.split()
} | dict.fromkeys("cien hundert einhundert honderd cem".split(), 100) | {
    word: tens + unit
    for tens, german, dutch, italian in (
        (20, "zwanzig", "twintig", "vent"), (30, "dreißig", "dertig", "trent"), (40, "vierzig", "veertig", "quarant"),
        (50, "fünfzig", "vijftig", "cinquant"), (60, "sechzig", "zestig", "sessant"), (70, "siebzig", "zeventig", "settant"),
        (80, "achtzig", "tachtig", "ottant"), (90, "neunzig", "negentig", "novant"),
    )
    for unit, of_german, of_dutch, of_italian, of_spanish in (
        (1, "ein", "een", "uno", "uno"), (2, "zwei", "twee", "due", "dós"), (3, "drei", "drie", "tré", "trés"), (4, "vier", "vier", "quattro", "cuatro"),
        (5, "fünf", "vijf", "cinque", "cinco"), (6, "sechs", "zes", "sei", "séis"), (7, "sieben", "zeven", "sette", "siete"),
        (8, "acht", "acht", "otto", "ocho"), (9, "neun", "negen", "nove", "nueve"),
    )
    for word in (
        f"{of_german}und{german}",
        f"{of_dutch}en{dutch}",
        italian + ("" if unit in (1, 8) else "i" if tens == 20 else "a") + of_italian,
        *([f"veinti{of_spanish}"] if tens == 20 else []),
    )
}  # fmt: skip
"""Numbers in words, without those that are other words elsewhere (`elf`, `once`, `sept`); those of several words are put together by `assay.checks.quantities`."""

_SUFFIXES = (
    ("ization", "ize"), ("isation", "ize"), ("ational", "ate"), ("fulness", "ful"), ("iveness", "ive"), ("ousness", "ous"), ("ibility", "ible"),
    ("ability", "able"), ("ication", "icate"), ("ations", "ate"), ("ation", "ate"), ("ators", "ate"), ("ator", "ate"), ("ically", "ic"), ("ements", "e"),
    ("ement", "e"), ("ments", ""), ("ment", ""), ("iers", "y"), ("ier", "y"), ("ies", "y"), ("ied", "y"), ("ily", "y"), ("ings", ""), ("ing", ""),
    ("edly", ""), ("ers", ""), ("ors", ""), ("ness", ""), ("ions", ""), ("ion", ""), ("ful", ""), ("less", ""), ("ance", ""), ("ence", ""), ("ages", ""),
    ("age", ""), ("ary", ""), ("ery", "er"), ("ally", "al"), ("ly", ""), ("ed", ""), ("er", ""), ("or", ""), ("est", ""), ("ity", ""), ("ists", ""), ("ist", ""), ("al", ""),
    ("ar", ""), ("ic", ""), ("ive", ""), ("es", "e"), ("s", ""),
)  # fmt: skip
_SUFFIXES_BY_LAST = {
    last: tuple(one for one in _SUFFIXES if one[0][-1] == last) for last in {suffix[-1] for suffix, _ in _SUFFIXES}
}
_MARKS = frozenset({"s", "es", "ies", "ied", "ed", "ing", "ings"})
"""Endings of number and tense; the others make new words and need a longer stem before them."""
_SHORTEST_STEM = 3


def is_plain(text: str) -> bool:
    """Whether `plain` gives the same text."""
    return "\xad" not in text and ("&" not in text or ";" not in text)


def plain(text: str) -> str:
    """The text without character references and soft hyphens, which part figures from words; the same text where there are none."""
    if "&" in text and ";" in text:
        text = html.unescape(text)
    return _without_hyphens(text)


class Word(NamedTuple):
    """A word as it is compared."""

    lower: str
    key: str
    """Stem or number; empty for a word that says nothing."""
    weight: float
    """How much of a claim it holds: 0 for a word that says nothing, `LIGHT_WEIGHT`, or 1."""
    mood: int
    """What it does to its sentence: any of `SELF`, `YOU`, `DENIAL`, `FEELING`, `DOUBT`, `ACKNOWLEDGEMENT`."""
    prefix: str
    """First letters of a key that is long enough; words that share them are taken for relatives."""


@remembered(REMEMBERED_TOKENS)
def word(token: str) -> Word:
    """A token of `WORD`, looked up."""
    lower = token.lower().replace("’", "'")
    found = "" if lower in STOP else _key(lower)
    mood = sum(bit for bit, members in _MOODS if lower in members) | (DENIAL if lower.endswith("n't") else 0)
    weight = 0.0 if not found else LIGHT_WEIGHT if lower in LIGHT else 1.0
    return Word(lower, found, weight, mood, prefix_of(found))


def prefix_of(key: str) -> str:
    """First letters of a key; empty where it is too short."""
    return key[:PREFIX_CHARACTERS] if len(key) >= PREFIX_CHARACTERS else ""


@remembered(REMEMBERED_TOKENS)
def _spoken(chunk: str) -> tuple[Word, ...]:
    return tuple(word(token) for token in WORD.findall(_without_hyphens(chunk)))


def _without_hyphens(text: str) -> str:
    return _BESIDE_DIGIT.sub(" ", text).replace("\xad", "") if "\xad" in text else text


def words(text: str) -> list[Word]:
    """The words of a text in order.

    What stands between spaces is looked up whole, with its punctuation: taking it apart is paid for once per form, and a text
    costs 30 microseconds a kilobyte instead of 80.
    """
    return list(chain.from_iterable(map(_spoken, text.split())))


def keys(text: str) -> frozenset[str]:
    """Keys of the words of a text that say something."""
    return frozenset([one.key for one in words(text) if one.key])


@remembered(REMEMBERED_CHARACTERS)
def whole(text: str) -> list[Word]:
    """The words of a whole text in order, as it reads; nobody may change the list."""
    return words(plain(text))


@remembered(REMEMBERED_CHARACTERS)
def content(text: str) -> frozenset[str]:
    """Keys of the words of a whole text that say something."""
    return frozenset([one.key for one in whole(text) if one.key])


def _key(lower: str) -> str:
    if lower.endswith("'s"):
        lower = lower[:-2]
    elif "'" in lower:
        lower = lower.split("'", 1)[0]
    if lower in STOP or not lower:
        return ""
    if lower[0].isdigit():
        return _ORDINAL.sub(r"\1", lower.removesuffix("s").replace(",", ""))
    if lower in NUMERALS:
        return str(NUMERALS[lower])
    found = _stem(lower)
    return _SYNONYM_OF.get(found, found)


def _stem(word: str) -> str:
    word = _IRREGULAR_OF.get(word, word)
    if len(word) <= _SHORTEST_STEM or not word.isascii():
        return word[:-1] + "i" if len(word) == _SHORTEST_STEM and word.endswith("y") else word  # as that of `keys`
    stem = word
    for _ in range(2):
        shorter = _without_suffix(stem)
        if shorter == stem:
            break
        stem = _IRREGULAR_OF.get(shorter, shorter)
    if len(stem) > 5 and stem.removesuffix("e").endswith("at") and not word.endswith("at"):
        shorter = stem.removesuffix("e")[:-2]
        stem = shorter if len(shorter) > _SHORTEST_STEM else stem
    if len(stem) > _SHORTEST_STEM and stem[-1] == "e":
        stem = stem[:-1]
    if len(stem) > _SHORTEST_STEM and stem[-1] == stem[-2] and stem[-1] not in "aeiou":
        stem = stem[:-1]
    if stem[-1] == "y":
        stem = stem[:-1] + "i"
    return stem[:-1] + "z" if len(stem) > 5 and stem.endswith("is") else stem


def _without_suffix(word: str) -> str:
    if word.endswith(("ss", "us", "is")):
        return word
    for suffix, instead in _SUFFIXES_BY_LAST.get(word[-1:], ()):
        if word.endswith(suffix) and len(word) - len(suffix) + len(instead) >= _SHORTEST_STEM + (suffix not in _MARKS):
            return word[: -len(suffix)] + instead
    return word


def _synonyms() -> dict[str, str]:
    of: dict[str, str] = {}
    for group in _GROUPS:
        members = [_stem(one) for one in group.replace("|", " ").split()]
        for member in members:
            of.setdefault(member, members[0])
    return of


_SYNONYM_OF = _synonyms()
