"""Figures of an answer that follow from what is known by simple arithmetic.

    derived    what the sentence says is a sum, difference or double, or what stands beside its parts
    reckoned   products with counts and fractions, sums of several, clocks before and after

Any figure can be had from enough others by chance. So it is tried only where the answer shows that it reckons (`2 × 24 + 11`, `that makes`)
or the question asks for it (a total, `12 days for two books`), and only what the question or the answer names is put together freely.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product
from math import ceil
from typing import NamedTuple

from assay.checks.prose import sentence_at
from assay.checks.quantities import Quantity, close, conflicts, of_one_kind, quantities, same
from assay.checks.remembered import remembered
from assay.checks.words import NUMERALS, plain

_TOTAL = r"adds? up|insgesamt|summe|suma|somma|zusammen|au total|en tout|en total|in totale|in tutto|in totaal|samen|razem|łącznie|ao todo|no total|gesamt"
_RECKONS = re.compile(
    r"[×=÷]|\d\s?(?:[x*·+−/–-]|minus|plus|times|mal)\s?[$€£]?\d|\b(?:times the|minus|makes|comes? (?:to|out)|works? out|amounts? to|adds? up|in (?:all|total)|altogether|"
    rf"that(?:['’]s| is| would be)|which is|(?:percent|per cent) of|half (?:of|price|that|the)|(?:for|per) (?:each|every)|each (?:way|direction)|both (?:ways|directions)|and back|ida y vuelta|ida e volta|aller[- ](?:et )?retour|andata e ritorno|heen en terug|tam i z powrotem|doble|doppio|dubbele|apiece|by (?:at least |about |up to |another |only )?\d+|twice|zweimal|deux fois|dos veces|due volte|double|cheaper|dearer|difference|you save|in summe|{_TOTAL}|das \w+fache)\b|%\sof\b|の\d\d?\s?[%％]",
    re.IGNORECASE,
)
"""The answer shows how a figure comes about, or says that it reckons."""
_DERIVED = re.compile(
    r"\b(?:totals?|sum|together|altogether|combined|sav(?:e|es|ed|ing)|difference|left|remain\w*|twice|doubles?|half|both|so|thus|therefore|"
    r"which (?:is|means|makes)|that (?:is|means|makes)|return trip|round trip|(?:cheaper|longer|shorter|older|younger|later|earlier)(?! than)|own|extra|in all|plus)\b",
    re.IGNORECASE,
)
_FOLLOWS = re.compile(r"\b(?:so|thus|hence|therefore|meaning|which means|that means)\b[^.]*$", re.IGNORECASE)
_ASKS_SUM = re.compile(
    rf"\b(?:total|altogether|together|in all|sum|overall|difference|both|combined|save|cheaper|how much (?:more|less|longer)|{_TOTAL})\b",
    re.IGNORECASE,
)
_SUMS = re.compile(
    rf"\b(?:in (?:all|total)|altogether|totals?|sum|{_TOTAL})\b",
    re.IGNORECASE,
)
_OFF = re.compile(
    r"\s(?:off|less|cheaper|discount|reduction|weniger|günstiger|billiger|Rabatt|Nachlass)\b", re.IGNORECASE
)
_COMPARED = re.compile(
    r"\s(?:[^\W\d]+\s){0,2}(?:cheaper|dearer|higher|lower|longer|shorter|more|less|fewer|older|younger|heavier|lighter|faster|slower|apart|"
    r"günstiger|billiger|teurer|höher|niedriger|länger|kürzer|mehr|weniger|älter|jünger|schwerer|leichter|höhere[nrsm]?|niedrigere[nrsm]?|"
    r"moins cher|plus cher|de plus|de moins|más|menos|in più|in meno|goedkoper|duurder|hoger|lager|meer|minder|mais|taniej|drożej|więcej|mniej)\b",
    re.IGNORECASE,
)
"""Says that the figure before it is a difference."""
_BY = re.compile(r"\bby (?:at least |about |up to |another |only )?\Z", re.IGNORECASE)
"""Says that the figure after it is a difference."""
_LARGE = 100
"""Above it a bare number is seldom a product by chance."""
_FRACTIONS = {
    "half": 0.5,
    "halve": 0.5,
    "quarter": 0.25,
    "third": 1 / 3,
    "twice": 2.0,
    "double": 2.0,
    "hälfte": 0.5,
    "halber preis": 0.5,
    "halben preis": 0.5,
    "halbe": 0.5,
    "半額": 0.5,
    "moitié": 0.5,
    "demi-tarif": 0.5,
    "mitad": 0.5,
    "metà": 0.5,
    "metade": 0.5,
    "helft": 0.5,
    "połow": 0.5,
    "drittel": 1 / 3,
    "doppelt": 2.0,
    "dubbele": 2.0,
    "doppio": 2.0,
    "doble": 2.0,
    "dobro": 2.0,
    "podwójn": 2.0,
    "ida y vuelta": 2.0,
    "ida e volta": 2.0,
    "aller-retour": 2.0,
    "aller et retour": 2.0,
    "andata e ritorno": 2.0,
    "heen en terug": 2.0,
    "tam i z powrotem": 2.0,
    "each way": 2.0,
    "each direction": 2.0,
    "both ways": 2.0,
    "both directions": 2.0,
    "and back": 2.0,
    "round trip": 2.0,
    "hin und zurück": 2.0,
    **{
        f"{word}{ending}": float(n)
        for n, word in enumerate(("zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"), 2)
        for ending in ("fache", "mal so")
    },
    **{
        f"{word}fold": float(n)
        for n, word in enumerate(("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), 2)
    },
}
"""Parts and multiples in words; what is left of a part counts too."""
EACH = re.compile(
    r"\b(?:each|every|per|apiece|je|jeweils|pro|chacune?s?|cada|ciascun[oa]|ogni|elk|po)\b", re.IGNORECASE
)
"""Says that a figure is for one of several."""
_RATE = re.compile(r"\b(?:per|an?|each|every)\s(second|minute|hour|day|week|month|quarter|year)\b", re.IGNORECASE)
_TIMES_OF = {
    ("second", "minute"): 60.0,
    ("minute", "hour"): 60.0,
    ("second", "hour"): 3600.0,
    ("hour", "day"): 24.0,
    ("day", "week"): 7.0,
    ("month", "quarter"): 3.0,
    ("quarter", "year"): 4.0,
    ("month", "year"): 12.0,
    ("week", "year"): 52.0,
}
_BOTH = re.compile(
    r"\b(?:both|beiden?|zweimal|les deux|deux fois|ambos|ambas|entramb[ie]|dos veces|due volte|duas vezes|twee keer|beide|oba|obie|dwa razy)\b",
    re.IGNORECASE,
)
"""Says that a figure is for two, or comes twice."""
_TENTHS = re.compile(r"(?<![\d.])(\d(?:\.\d)?)(折|割)")
"""`9折` leaves nine tenths, `3割` are three."""
_PIECES = ("third", "quarter", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_SO_MANY_PARTS = re.compile(
    rf"\b(an?|one|two|three|four|five|six|seven|eight|nine)[\s-]({'|'.join(_PIECES)})s?\b", re.IGNORECASE
)
"""`three fifths`; not `the fifth`."""
_FRACTION = re.compile(rf"\b(?:{'|'.join(_FRACTIONS)})|半額", re.IGNORECASE)
_BEFORE_OR_AFTER = re.compile(
    r"(?:\s\w+){0,2}?\s(?:before|after|earlier|later|prior|ahead|vor|nach|vorher|danach|früher|später)\b", re.IGNORECASE
)
_MOST_PARTS = 40
"""Values of a kind, counts or parts that are tried; of more nearly any figure could be had."""
_MOST_COUNTED = 1000
_MOST_SUMMED = 12
"""Quantities of which any three are tried."""


class _Sum(NamedTuple):
    """What a figure may be put together from."""

    goals: list[float]
    own: set[float]
    """Values of its kind that the question or the same sentence has."""
    values: set[float]
    """Those and the known ones."""
    asked: set[float]
    """Counts of the question (`two books`, `12 days`)."""
    counts: set[float]
    """Those and the counts of the sentence."""
    shows: bool
    """The answer shows that it reckons, or somebody asks for a sum."""
    sums: bool
    """Somebody asks for a sum, or the sentence says that it is one."""
    each: bool
    """The sentence says what is for one of them."""


def asks_sum(question: str) -> bool:
    """Whether somebody asks for a total or a difference."""
    return _ASKS_SUM.search(question) is not None


def derived(one: Quantity, prose: str, known: Sequence[Quantity], asked: Sequence[Quantity]) -> bool:
    """Whether a sum, difference, multiple or complement to 100 % that the sentence says it is, or that stands beside its parts, gives it.

    `known` are the quantities of the texts, `asked` those of the question; `prose` is the answer that it stands in.
    """
    start, end, beside = _sentence(one, prose)
    said = _DERIVED.search(prose, start, end) is not None
    if not said and not beside and not asked:
        return False
    if one.kind and _FOLLOWS.search(prose, start, one.start) and any(conflicts(one, q) for q in beside):
        return True  # `72 hours, so two days ago is possible`
    goals = [v for v in one.values if isinstance(v, float)]
    times = [v for q in asked if not q.kind for v in q.values if isinstance(v, float)] + ([2.0] if said else [])
    found = {v: q for q in (*known, *asked) if q.kind == one.kind for v in q.values if isinstance(v, float)}
    parts = [
        # Bare numbers are many: those of a sum stand beside it.
        (v, (said and bool(one.kind)) or any(same(found[v], other) for other in beside))
        for v in sorted(found)[:_MOST_PARTS]  # whatever the order of the contexts, and each value once
    ]

    def reached(value: float) -> bool:
        return any(close(value, goal) for goal in goals)

    for index, (x, shown) in enumerate(parts):
        if one.kind == "percent" and shown and reached(100.0 - x):
            return True
        if (one.kind or shown) and any(reached(x * n) for n in times):
            return True
        for y, also_shown in parts[index + 1 :]:
            if shown and also_shown and (reached(x + y) or reached(abs(x - y))):
                return True
    return False


def reckoned(one: Quantity, prose: str, texts: Sequence[str], known: Sequence[Quantity], question: str) -> bool:
    """Whether simple arithmetic on `known`, the quantities of `texts`, gives it; `prose` is the answer that it stands in."""
    if one.kind in ("date", "version"):
        return False
    start, end, beside = _sentence(one, prose)
    asked = quantities(plain(question))
    if one.kind == "clock":
        return _clock_reckoned(one, texts, (*known, *asked))
    if one.kind == "time" and _between_clocks(one, known, asked):
        return True
    sums = asks_sum(question) or _SUMS.search(prose, start, end) is not None
    compared = _BY.search(prose[start : one.start]) or _COMPARED.match(prose, one.end)
    shows = sums or bool(compared) or _RECKONS.search(prose, start, end) is not None
    goals = [v for v in one.values if isinstance(v, float)]
    taken_off = list(_taken_off(texts)) if one.kind else []
    if not (shows or taken_off or (asked and (one.kind or min(goals) > _LARGE))):
        return False
    own = _values(one, (*asked, *beside, *taken_off))
    if compared:
        own |= _values(one, known)
    each = EACH.search(prose, start, end) is not None
    counts = _counts((*asked, *beside))
    if each:  # `5 points for each euro`, `800 g je Kilogramm`
        counts |= _written(q for q in asked if not q.kind.startswith(("percent", "clock", "date", "version")))
    of = _Sum(goals, own, own | _values(one, known), _counts(asked), counts, shows, sums, each)
    parts = fractions((prose[start:end], question), (*asked, *beside)) if shows else set()
    parts |= {2.0} if shows and _BOTH.search(prose, start, end) else set()
    parts |= _rates(prose[start:end], "\n".join((*texts, prose[start:end])))
    of_texts = fractions(texts, known)
    if not of.values or max(map(len, (of.values, of.counts, parts, of_texts))) > _MOST_PARTS:
        return False
    if any(_near(v, goal, one) for v in _products(one, of, parts, of_texts) for goal in goals):
        return True
    return (shows or bool(one.kind)) and (_is_pair(one, of, of_texts) or _is_three(one, of))


def _sentence(one: Quantity, prose: str) -> tuple[int, int, list[Quantity]]:
    """Where the sentence of a figure begins and ends, and the figures in it that are nearest."""
    start, end = sentence_at(prose, one.start)
    beside = [q for q in quantities(prose) if start <= q.start < end and q is not one]
    return start, end, sorted(beside, key=lambda q: abs(q.start - one.start))[:_MOST_PARTS]


def _rates(sentence: str, texts: str) -> set[float]:
    """How many times the shorter unit goes into that of a rate in the sentence: 60 for `per minute`, where something is per second."""
    said, told = (set(map(str.lower, _RATE.findall(text))) for text in (sentence, texts))
    return {_TIMES_OF[pair] for pair in product(told, said) if pair in _TIMES_OF}


def _products(one: Quantity, of: _Sum, parts: set[float], of_texts: set[float]) -> set[float]:
    """Values times counts and parts; what texts say of parts holds for values of the question."""
    is_price = one.kind.startswith("money")
    several = sorted(of.counts if of.shows else of.asked if is_price else ())
    products = {v * n * m for v in of.values for n, m in combinations(several, 2)}
    if of.shows and of.each:
        products |= {v / n for v in of.values for n in of.counts}
    if of.each and not one.kind:
        products |= {v * n for v, n in combinations(sorted(of.own), 2)}  # `24,000: 48 wells for 500 people each`
    if is_price or not one.kind or of.shows or of.each:
        products |= {v * n for v in of.values for n in of.counts | parts} | {
            v * part for v in of.own for part in of_texts
        }
    return products


def _is_pair(one: Quantity, of: _Sum, of_texts: set[float]) -> bool:
    """Sum or difference of two, one of which the question or the answer has; of any two, and times a count, where a sum is meant."""
    times = {1.0, *of.asked} if of.sums else {1.0}
    several = {v * n for v in of.own for n in of.counts} if of.shows else set[float]()
    terms = {v * n for v in of.values for n in times} | {v * part for v in of.values for part in of_texts if of.sums}
    pairs = (
        product(of.values, terms | several)
        if of.sums
        else product(of.own, (of.values if one.kind else of.own) | several)
    )
    totals = (total * n for x, y in pairs if x != y for total in (x + y, abs(x - y)) for n in times)
    return any(close(total, goal) for total in totals for goal in of.goals)


def _is_three(one: Quantity, of: _Sum) -> bool:
    few = sorted(of.values if of.sums or one.kind.startswith("money") else of.own)
    if len(few) > _MOST_SUMMED:
        return False
    threes = [three for three in combinations(few, 3) if of.sums or not of.own.isdisjoint(three)]
    return any(close(total, goal) for x, y, z in threes for total in (x + y + z, z - x - y) for goal in of.goals)


def _taken_off(texts: Sequence[str]) -> Iterator[Quantity]:
    """What texts say is taken off a price."""
    for text in texts:
        if _OFF.search(text):
            yield from (q for q in quantities(text) if _OFF.match(text, q.end))


def _values(one: Quantity, others: Iterable[Quantity]) -> set[float]:
    return {v for q in others if of_one_kind(q, one) for v in q.values if isinstance(v, float)}


def _counts(found: Iterable[Quantity]) -> set[float]:
    """How many are written, of what can be counted."""
    return _written(q for q in found if not q.kind.startswith(("money", "percent", "clock", "date", "version")))


def _written(found: Iterable[Quantity]) -> set[float]:
    """Numbers as they are written, whatever their units, that may be how many."""
    numbers = {v / q.factor for q in found for v in q.values if isinstance(v, float)}
    return {number for number in numbers if 1 < number <= _MOST_COUNTED}


def fractions(texts: Sequence[str], figures: Sequence[Quantity]) -> set[float]:
    """Parts of one: percentages and what they leave, and those in words."""
    parts = {v / 100 for q in figures if q.kind == "percent" for v in q.values if isinstance(v, float)}
    parts = parts.union(*map(_in_words, texts))
    return parts | {1 - part for part in parts if part < 1}


@remembered(1_000_000)
def _in_words(text: str) -> frozenset[float]:
    tenths = (float(number) / 10 for number, _ in _TENTHS.findall(text))
    # `a fifth` is one of them, and a third the first of the pieces.
    parts = (
        float(NUMERALS.get(many.lower(), 1)) / (_PIECES.index(piece.lower()) + 3)
        for many, piece in _SO_MANY_PARTS.findall(text)
    )
    return frozenset((*(_FRACTIONS[found.lower()] for found in _FRACTION.findall(text)), *tenths, *parts))


def _near(value: float, goal: float, one: Quantity) -> bool:
    """Equal, or rounded to whole units; things are counted up."""
    if close(value, goal):
        return True
    unit = one.factor
    return (
        goal % unit == 0
        and goal >= 10 * unit
        and (abs(value - goal) < unit / 2 or (not one.kind and ceil(value) == goal))
    )


def _clock_reckoned(one: Quantity, texts: Sequence[str], known: Sequence[Quantity]) -> bool:
    """`17:10` where it closes at 17:30 and something ends 20 minutes before."""
    clocks = {v for q in known if q.kind == "clock" for v in q.values if isinstance(v, float)}
    clocks |= {
        60 * v for q in known if not q.kind for v in q.values if isinstance(v, float) and v <= 24 and v == int(v)
    }
    spans = {
        v / 60
        for text in texts
        for q in quantities(text)
        if q.kind == "time" and _BEFORE_OR_AFTER.match(text, q.end)
        for v in q.values
        if isinstance(v, float)
    }
    spans |= {
        _UNIT_MINUTES[found[1].lower()]
        for text in texts
        for found in _ONE_UNIT.finditer(text)
        if _BEFORE_OR_AFTER.match(text, found.end())
    }
    return max(len(clocks), len(spans)) <= _MOST_PARTS and any(
        (clock + sign * span - goal) % 1440 == 0
        for clock in clocks
        for span in spans
        for sign in (1, -1)
        for goal in one.values
        if isinstance(goal, float)
    )


_UNIT_MINUTES = {"hour": 60.0, "day": 1440.0, "stunde": 60.0, "heure": 60.0, "hora": 60.0}
_ONE_UNIT = re.compile(rf"\b(?:an?|one|eine?|une|una)\s({'|'.join(_UNIT_MINUTES)})\b", re.IGNORECASE)


def _between_clocks(one: Quantity, known: Sequence[Quantity], asked: Sequence[Quantity]) -> bool:
    """How long it is from a clock of the question to a known one."""
    here, there = (
        {v for q in found if q.kind == "clock" for v in q.values if isinstance(v, float)} for found in (asked, known)
    )
    return max(len(here), len(there)) <= _MOST_PARTS and any(
        close(abs(a - b) * 60, goal) for a, b in product(here, there) for goal in one.values if isinstance(goal, float)
    )
