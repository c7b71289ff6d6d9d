"""Figures of an answer that apply a rule of the texts to the case that the question describes.

    dates and clocks    18 September and seven days give 25 September; 9:30 and 35 minutes give 10:05; two of them are so far apart
    units               1.6 inches for 4 cm, 356 °F for 180 °C
    calculations        `2 × 1,500 + 2 × 180` gives 3,360, wherever that stands in the answer
    records             two months of a rent of 1,480 as a deposit; 1,480 for 74 m² are 20 for each; 48 wells for 500 people each
    shares              8 percent of 45,000; flour for ten where the text has it for four; 75 percent from 200 to 350

Each figure that a calculation starts from is looked for on its own, so only the result is judged here. With very many figures
nearly every result could be had, so nothing is tried with more than a few of a kind.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations, groupby, islice, pairwise, permutations, product
from typing import NamedTuple

from assay.checks.arithmetic import EACH, asks_sum, fractions
from assay.checks.calculations import SMALL, numeric, results
from assay.checks.prose import sentence_at
from assay.checks.quantities import UNITS, Quantity, close, of_one_kind, quantities
from assay.checks.words import plain

_MOST = 24
"""Figures of a kind that are tried."""
_MOST_CLAIMED = 30
"""Figures of one answer that something is tried for: of more, some will stay without support."""
_MOST_STEPS = 3
"""How often what was worked out is worked with."""
_LONGEST = 8
"""Figures of a sentence that are taken two at a time."""
_MOST_PERIODS = 6
"""Periods of which two are put together."""
_DAY = 86_400.0
_PARTS = {12.0, 52.0, 7.0, 24.0, 60.0, 365.0}
"""Shorter periods of a longer one."""
_PER_PERIOD = re.compile(
    r"\b(?:months?|monthly|weeks?|weekly|days?|daily|hours?|hourly|minutes?|years?|yearly|annual(?:ly)?|monat\w*|woche|wöchentlich|tag|täglich|stunde|jahr(?:es\w{0,20})?|jährlich|"
    r"mois|mensuel\w*|semaine|jour|heure|an|année|mes|mensual\w*|semana|día|hora|año|mês|mensal|dia|ano|mese|mensil\w*|settimana|giorno|ora|anno|maand\w*|week|dag|uur|jaar)\b",
    re.IGNORECASE,
)
_FOR_SO_MANY = re.compile(
    r"\b(?:serves?|for|per|makes?|yields?|each|every|für|pro|je|pour|chaque|para|por|cada|per|ogni|voor|elke|dla|na)\s\Z|[每各]\Z",
    re.IGNORECASE,
)
_EACH_FURTHER = re.compile(
    r"\b(?:more (?:with|for|per) (?:each|every)|further|additional|extra|every other|each other|subsequent|following|weitere[nrs]?|zusätzliche\w*|suivante?s?|supplémentaires?|adicional(?:es)?|siguientes?|"
    r"ulteriore?|successiv[oi]|volgende|elke andere|adicionais|kolejn\w+)\b",
    re.IGNORECASE,
)
_TO_THE_END = re.compile(
    r"\b(?:end of (?:the|a|each|every|that|this)?\s?(?:calendar )?(?:month|quarter|year)|(?:monats|quartals|jahres)ende|ende (?:des|eines) (?:monats|jahres|quartals)|"
    r"fin (?:du mois|de l['’]année|de mes|de año)|fine (?:del mese|dell['’]anno)|einde van (?:de maand|het jaar))\b",
    re.IGNORECASE,
)
_IN_PARTS = re.compile(
    r"\b(?:parts?|instal?ments?|halves|payments|each|raten|teilbeträge\w*|je|versements|plazos|cuotas|rate|termijnen)\b",
    re.IGNORECASE,
)
_A_PIECE = re.compile(r"\b(?:an?|per|each|every|apiece|at|je|pro|am|par|por|al|cada|per|op)\b|[×x*@]", re.IGNORECASE)
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)", re.IGNORECASE)
_WEEKDAY_BEFORE = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s(?:the\s)?\Z", re.IGNORECASE)
_WEEKDAYS = [
    frozenset(names.split())
    for names in (
        "monday montag lundi lunes lunedì maandag poniedziałek", "tuesday dienstag mardi martes martedì dinsdag wtorek",
        "wednesday mittwoch mercredi miércoles mercoledì woensdag środa", "thursday donnerstag jeudi jueves giovedì donderdag czwartek",
        "friday freitag vendredi viernes venerdì vrijdag piątek", "saturday samstag sonnabend samedi sábado sabato zaterdag sobota",
        "sunday sonntag dimanche domingo domenica zondag niedziela",
    )
]  # fmt: skip
_NTH = {
    word: place
    for place, words in (
        (1, "first 1st erste ersten erster premier primer primo eerste pierwszy pierwsza"),
        (2, "second 2nd zweite zweiten zweiter deuxième second segundo secondo tweede drugi druga"),
        (3, "third 3rd dritte dritten dritter troisième tercer terzo derde trzeci trzecia"),
        (4, "fourth 4th vierte vierten vierter quatrième cuarto quarto vierde czwarty czwarta"),
        (0, "last letzte letzten letzter dernier último ultimo laatste ostatni ostatnia"),
    )
    for word in words.split()
}
_NTH_WEEKDAY = re.compile(rf"\b({'|'.join(_NTH)}) ({'|'.join(sorted(frozenset().union(*_WEEKDAYS)))})\b", re.IGNORECASE)
_ENDS_RANGE = re.compile(
    r"\b(?:to|until|till|and|bis|und|à|et|a|y|alle|e|tot|en|do|i)\s(\d{1,2})(?![\d:]|[.,]\d|\s?[%€$])"
)
_MULTIPLIED = re.compile(
    r"\b(?:multipl\w+|scal(?:e|ed|ing)|factor|faktor|mit dem faktor|multiplica\w*|moltiplica\w*|vermenigvuldig\w*|pomnóż\w*)\b[^.\n]{0,40}?(?:\b(?:by|of|mit|par|por|per|met|przez)\s|[×x]\s?)(\d+(?:[.,]\d+)?)(?![\d%])",
    re.IGNORECASE,
)
"""`Multiply everything by 1.5`."""
_THE_DAY_BESIDE = re.compile(
    r"\b(?:yesterday|tomorrow|(?:the )?day (?:before|after)|gestern|demain|ayer|mañana|ieri|domani|ontem|amanhã|gisteren|wczoraj|jutro)\b",
    re.IGNORECASE,
)
"""`24 October: Pump fitted yesterday`. Not `hier` and `morgen`, which say something else in German."""
_PER_PIECE = re.compile(r"\s(?:per|each|an?|pro|je|par|por|al|a|za)\s(?!half\b)[^\W\d]", re.IGNORECASE)
"""Behind what there is for one of several."""
_OF_WHAT = re.compile(r"\s[^\W\d]{4,}")
"""What a number counts."""
_LONG = re.compile(r"(?<![\d:])(\d{1,2}):([0-5]\d):([0-5]\d)(?![\d:])")
"""Hours, minutes and seconds."""
# What stands behind an area: no unit of `quantities`, since flats and fields that differ contradict nothing.
_SQUARE_FEET = re.compile(r"\s?(?:sq\.?\s?(?:ft|feet)|square\s(?:feet|foot)|ft²|ft2)(?!\w)", re.IGNORECASE)
_SQUARE_METRES = re.compile(r"\s?(?:m²|m2|sqm|sq\.?\s?m|square\s(?:metres?|meters?))(?!\w)", re.IGNORECASE)
_FEET_OF_METRES = 10.7639104
_FIRST = re.compile(r"\bfirst\b", re.IGNORECASE)


class _Figures(NamedTuple):
    """What a figure may have been worked out from."""

    asked: Sequence[Quantity]
    known: Sequence[Quantity]
    said: Sequence[Quantity]
    """Those of the answer that are supported."""
    of_texts: Sequence[Sequence[Quantity]]
    """Those of each text."""
    results: Mapping[float, set[int]]
    """Of calculations that the answer shows."""
    texts: Sequence[str]
    parts: set[float]
    """Those in words of the texts and the answer: half, a third."""
    to_the_end: bool
    """A text counts to the end of a month or a year."""
    reckoned: set[int]
    """Places of those that no text has: `80 % of 700` may have been made up together with the 560 that it gives."""
    sentences: Sequence[tuple[tuple[int, int], Sequence[Quantity]]]
    """Of the answer, with their figures that are supported: the first that have two and more, and few."""
    for_a_period: bool
    """The question is about a month, a year: `Jahreskosten`."""
    for_all: bool
    """The question is about a total."""
    factors: Sequence[float]
    """That the answer says to multiply amounts by."""


def worked_out(
    doubted: Sequence[Quantity],
    claimed: Sequence[Quantity],
    prose: str,
    texts: Sequence[str],
    known: Sequence[Quantity],
    question: str,
) -> set[int]:
    """Places of those of the `doubted` figures of the answer `prose` that follow from the question, the figures of the texts
    (`known`), the other figures of the answer, and those that follow from them in turn. `claimed` are those that no text has."""
    left = {one.start: one for one in doubted[:_MOST_CLAIMED] if one.kind != "version"}
    asked, of_texts = quantities(plain(question)), [quantities(text) for text in texts]
    reckoned = {one.start for one in claimed if one.start in left or not _is_left_of(one, of_texts)}
    of_answer = results(prose)
    parts, to_the_end = fractions((*texts, prose), ()), any(_TO_THE_END.search(text) for text in texts)
    of_sentences = [
        (place, list(mine)) for place, mine in groupby(quantities(prose), lambda q: sentence_at(prose, q.start))
    ]
    for_a_period, for_all = _PER_PERIOD.search(question) is not None, asks_sum(question)
    factors = [float(found[1].replace(",", ".")) for found in _MULTIPLIED.finditer(prose)]
    found: set[int] = set()
    for _ in range(_MOST_STEPS):
        said = [one for one in quantities(prose) if one.start not in left]
        sentences = [
            (place, beside)
            for place, mine in of_sentences
            if 1 < len(beside := [q for q in mine if q.start not in left]) <= _LONGEST
        ]
        of = _Figures(
            asked,
            known,
            said,
            of_texts,
            of_answer,
            texts,
            parts,
            to_the_end,
            reckoned,
            sentences[:_MOST],
            for_a_period,
            for_all,
            factors,
        )
        new = {start for start, one in left.items() if _follows(one, prose, of)}
        found |= new
        left = {start: one for start, one in left.items() if start not in new}
        if not new or not left:
            break
    return found


def _is_left_of(one: Quantity, of_texts: Sequence[Sequence[Quantity]]) -> bool:
    """Whether it is what two figures of one text are apart, as what is left of a budget, or one of them by the other."""
    for figures in of_texts:
        values = [v for q in figures if of_one_kind(q, one) for v in numeric(q)][:_MOST]
        for a, b in permutations(values, 2):
            made = (a - b,) if one.kind else (a / b,) if b > 1 else ()
            if any(close(value, goal) for value in made for goal in numeric(one) if goal > SMALL):
                return True
    return False


def _follows(one: Quantity, prose: str, of: "_Figures") -> bool:
    if one.kind == "date":
        return _is_day(one, of)
    if one.kind == "clock":
        return _is_clock(one, of)
    return (
        _converted(one, (*of.asked, *of.known, *of.said))
        or _is_of_equation(one, prose)
        or _is_area(one, prose, of)
        or _is_for_one_unit(one, prose, of)
        or _calculated(one, of)
        or _is_difference(one, of)
        or _is_apart(one, of)
        or _day_of_month(one, prose, of)
        or _is_share(one, prose, of)
        or _is_scaled(one, prose, of)
        or _is_stepped(one, of)
        or _is_of_one_record(one, prose, of)
        or _is_so_many_each(one, prose, of)
    )


# Days and clocks.


def _is_day(one: Quantity, of: _Figures) -> bool:
    bases = _days((*of.asked, *of.known, *of.said))
    periods = _periods((*of.asked, *of.known, *of.said))
    if max(len(bases), len(periods)) > _MOST:
        return False
    goals = [value for value in one.values if isinstance(value, tuple) and value[2]]
    for text, figures in zip(of.texts, of.of_texts, strict=True) if goals else ():
        if _THE_DAY_BESIDE.search(text):
            days = (_date(day[0] or 2023, *day[1:]) for day in _days(figures)[:_MOST])
            beside = [day + timedelta(days=off) for day in days if day for off in (1, -1)]
            if any(goal[1:] == (day.month, day.day) for goal in goals for day in beside):
                return True
    if _is_month(one, of, periods) or any(_is_weekday_named(goal, of) or _is_in_parts(goal, of) for goal in goals):
        return True
    moved = {found for base in bases for period in periods for found in _moved(base, period)}
    if of.to_the_end:
        partly = [base if base[2] else (*base[:2], 1) for base in _days((*of.asked, *of.said), whole=False)[:_MOST]]
        moved |= {found for base in partly for period in (*periods, (0, 0)) for found in _moved(base, period)}
        ends = {end for found in moved for end in _ends(found)}
        if any(
            goal[1:] == (end.month, end.day) and (not goal[0] or goal[0] == end.year) for goal in goals for end in ends
        ):
            return True
    return any(_is_near(goal, found) for found in moved for goal in goals)


def _is_month(one: Quantity, of: _Figures, periods: Sequence[tuple[int, int]]) -> bool:
    """A month so many months after one of the question or the answer: `May 2029` for May 2004 and 25 years."""
    bases = [day for day in _days((*of.asked, *of.said), whole=False) if day[0]]
    return any(
        isinstance(goal, tuple) and goal[0] and not goal[2] and 12 * (goal[0] - base[0]) + goal[1] - base[1] == months
        for goal in one.values
        for base in bases
        for months, days in periods
        if not days
    )


def _is_weekday_named(goal: tuple[int, int, int], of: _Figures) -> bool:
    """Whether a text names the weekday of its month that a date is: `the second Thursday of each month`."""
    years = [goal[0]] if goal[0] else [day[0] for day in _days(of.asked) if day[0]]
    for day in filter(None, (_date(year, *goal[1:]) for year in years)):
        last = day.day + 7 > monthrange(day.year, day.month)[1]
        places = {(day.day + 6) // 7, 0 if last else -1}
        names = _WEEKDAYS[day.weekday()]
        for text in of.texts:
            if any(
                _NTH[found[1].lower()] in places for found in _NTH_WEEKDAY.finditer(text) if found[2].lower() in names
            ):
                return True
    return False


def _is_in_parts(goal: tuple[int, int, int], of: _Figures) -> bool:
    """Whether a text has the day behind a date of its month: `on 2 December ... the next slot is the 10th`."""
    for figures in of.of_texts:
        month = 0
        for q in figures:
            if q.kind == "date":
                month = next((v[1] for v in q.values if isinstance(v, tuple)), month)
            elif month == goal[1] and (day := _ORDINAL.fullmatch(q.text)) and int(day[1]) == goal[2]:
                return True
    return False


def _ends(day: date) -> Iterator[date]:
    """The last day of its month and of its year, and the days after them."""
    for last in (date(day.year, day.month, monthrange(day.year, day.month)[1]), date(day.year, 12, 31)):
        yield last
        yield last + timedelta(days=1)


def _days(found: Iterable[Quantity], *, whole: bool = True) -> list[tuple[int, int, int]]:
    dates = (v for q in found if q.kind == "date" for v in q.values if isinstance(v, tuple))
    return list(dict.fromkeys(v for v in dates if v[2] or not whole))


def _periods(found: Iterable[Quantity]) -> list[tuple[int, int]]:
    """Months and days of what lasts a day and more."""
    periods: dict[tuple[int, int], None] = {}
    for one in found:
        for value in one.values:
            if isinstance(value, tuple):
                continue
            if one.kind == "time" and value >= _DAY and value % _DAY == 0:
                periods[0, int(value // _DAY)] = None
            elif one.kind == "nights" or (one.kind == "months" and value == int(value)):
                periods[(int(value), 0) if one.kind == "months" else (0, int(value))] = None
    return [period for period in periods if period[0] <= 1200 and period[1] <= 40_000]


def _moved(base: tuple[int, int, int], period: tuple[int, int]) -> Iterator[date]:
    """Before and after; without a year, in one that is a leap year and in one that is none."""
    months, days = period
    for year in (base[0],) if base[0] else (2023, 2024):
        for sign in (1, -1):
            if (whole := _date(year, base[1] + sign * months, base[2])) and 1 < whole.year < 9000:
                try:
                    yield whole + timedelta(days=sign * days)
                except OverflowError:
                    continue


def _date(year: int, month: int, day: int) -> date | None:
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(day, monthrange(year, month)[1])) if 1 < year < 9000 and day else None


def _is_near(goal: tuple[int, int, int], found: date) -> bool:
    """The day itself or one beside it: the first and the last may count or not."""
    for off in (0, 1, -1):
        other = found + timedelta(days=off)
        if goal[1:] == (other.month, other.day) and (
            not goal[0] or goal[0] == other.year or found.year in (2023, 2024)
        ):
            return True
    return False


def _day_of_month(one: Quantity, prose: str, of: _Figures) -> bool:
    """`the 10th`, a week after the 3rd; `the 14th` of a date that is known; `Friday the 23rd` before the 25th."""
    written = _ORDINAL.fullmatch(one.text)
    if not written or not 1 <= (goal := int(written[1])) <= 31:
        return False
    if goal == 1 and any(_FIRST.search(text) for text in of.texts):
        return True
    figures = (*of.asked, *of.known, *of.said)
    days = {value[2] for value in _days(figures)}
    days |= {int(found[1]) for q in figures if (found := _ORDINAL.fullmatch(q.text)) and q.start != one.start}
    if goal in days:
        return True
    near = 3 if _WEEKDAY_BEFORE.search(prose, max(0, one.start - 20), one.start) else 0
    lengths = {days for months, days in _periods(figures) if not months}
    return any(abs(day - goal) <= near or abs(day - goal) in lengths for day in days)


def _is_clock(one: Quantity, of: _Figures) -> bool:
    goals = list(numeric(one))

    def reached(bases: set[float], spans: set[float]) -> bool:
        if max(len(bases), len(spans)) > _MOST:
            return False
        if len(spans) <= _MOST_PERIODS:
            spans = spans | {a + b for a, b in combinations(spans, 2)}
        return any(
            (base + sign * span - goal) % 1440 == 0
            for base in bases
            for span in spans
            for sign in (1, -1)
            for goal in goals
        )

    mentioned = _spans((*of.asked, *of.said)) | of.results.keys()
    asked = _clocks(of.asked) | _clocks(of.said) | _hours(of.asked)
    return (
        reached(asked, mentioned | _spans(of.known))
        or reached(_clocks(of.known), mentioned)
        or any(reached(_clocks(text), _spans(text)) for text in of.of_texts)
    )


def of_the_other_half(one: Quantity, texts: Sequence[str], known: Sequence[Quantity]) -> bool:
    """`5 p.m.` for a text that is open `8 to 17`, `halb vier` for `15.30`, `from 10 to 1` for `13:00`; `known` are the figures of the texts."""
    if one.kind == "clock" or (one.kind == "time" and one.factor == 3600):
        here = _clocks([one])
        there = {(at + 720) % 1440 for at in here}
        hours = {int(at / 60) for at in here | there if not at % 60}
        return any(at in there for q in known if q.kind == "clock" for at in q.values) or not hours.isdisjoint(
            _ends_of_ranges(texts)
        )
    if one.kind or one.form == "words" or not (here := _hours([one])):
        return False
    clocks = _clocks(known)
    return any((at + half) % 1440 in clocks for at in here for half in (0, 720)) or any(
        60 * (hour + 12) in here for hour in _ends_of_ranges(texts)
    )


def _ends_of_ranges(texts: Sequence[str]) -> set[int]:
    """Bare hours that may end a range: `8 to 5`."""
    return {int(found) for text in texts for found in _ENDS_RANGE.findall(text)}


def _years(found: Iterable[Quantity]) -> list[float]:
    years = {v for q in found if not q.kind for v in numeric(q) if 1000 <= v < 2200 and v == int(v)}
    years |= {float(day[0]) for day in _days(found) if day[0]}
    return sorted(years)[:_MOST]


def _clocks(found: Iterable[Quantity]) -> set[float]:
    """Minutes after midnight."""
    return {
        value if q.kind == "clock" else value / 60
        for q in found
        if q.kind == "clock" or (q.kind == "time" and q.factor == 3600)
        for value in numeric(q)
    }


def _hours(found: Iterable[Quantity]) -> set[float]:
    """Bare numbers that may be hours (`until 11`), in minutes after midnight."""
    return {60 * v for q in found if not q.kind for v in numeric(q) if 0 < v <= 24 and v == int(v)}


def _spans(found: Iterable[Quantity]) -> set[float]:
    """Minutes of what lasts less than a day."""
    return {v / 60 for q in found if q.kind == "time" for v in numeric(q) if 0 < v < _DAY}


def _is_difference(one: Quantity, of: _Figures) -> bool:
    """Sum or difference of two figures that the question and the answer have."""
    if not one.kind and max(numeric(one), default=0) <= SMALL:
        return False
    here = [
        value * (1.0 if q.kind else one.factor)
        for q in (*of.asked, *of.said)
        if q.kind in ("", one.kind)
        for value in numeric(q)
    ]
    twice = {value for value in here if here.count(value) > 1} if one.kind else set[float]()
    pairs = [*combinations(dict.fromkeys(here), 2), *((value, value) for value in twice)]
    return len(here) <= _MOST and any(
        close(value, goal) for a, b in pairs for value in (a + b, abs(a - b)) if value for goal in numeric(one)
    )


def _is_apart(one: Quantity, of: _Figures) -> bool:
    """How long it is from one day, year or clock to another: of the question or the answer, or both in one text."""
    if one.kind not in ("time", "nights", "months"):
        return False
    here = (*of.asked, *of.said)
    if one.kind == "time":  # two months are 59 to 62 days
        months = [v for q in here if q.kind == "months" for v in numeric(q) if v == int(v)]
        if any(28 * v <= goal / _DAY <= 31 * v and goal % _DAY == 0 for v in months for goal in numeric(one)):
            return True
    if one.kind == "months":
        years = [*product(_years(of.asked), _years(of.known))]  # the year of the request is among those of the question
        years += [pair for figures in (here, *of.of_texts) for pair in combinations(_years(figures), 2)]
        years += product(_years(of.said), _years(of.known))
        if any(close(12 * abs(a - b), goal) for a, b in years for goal in numeric(one)):
            return True
    if one.kind == "time":
        lasting = {3600 * int(h) + 60 * int(m) + int(s) for text in of.texts for h, m, s in _LONG.findall(text)}
        if len(lasting) <= _MOST and any(
            close(float(abs(a - b)), goal) for a, b in combinations(lasting, 2) for goal in numeric(one)
        ):
            return True
    days, clocks = _days(here), _clocks(here) | _hours(of.asked)
    known_days, known_clocks = _days(of.known), _clocks(of.known)
    if max(map(len, (days, clocks, known_days, known_clocks))) > _MOST:
        return False
    pairs = [*combinations(days, 2), *product(days, known_days)]
    between = [*combinations(clocks, 2), *product(clocks, known_clocks)]
    for text in of.of_texts:
        pairs += combinations(_days(text), 2)
        between += combinations(_clocks(text), 2)
    goals = list(numeric(one))
    if one.kind == "time" and any(
        close(abs(a - b) * 60 % (2 * _DAY), goal) or close(_DAY - abs(a - b) * 60, goal)
        for a, b in between
        for goal in goals
    ):
        return True
    for a, b in pairs:
        year = a[0] or b[0] or 2023
        first, last = (_date(value[0] or year, value[1], value[2]) for value in (a, b))
        if not first or not last:
            continue
        apart = abs((last - first).days)
        for goal in goals:
            long = goal / _DAY if one.kind == "time" else goal if one.kind == "nights" else goal * 30.4
            unit = 16 if one.kind == "months" else max(1, one.factor / _DAY / 2) if one.kind == "time" else 1
            if abs(apart - long) <= unit or abs(365 - apart - long) <= 1:
                return True
    return False


# Numbers.


def _converted(one: Quantity, others: Iterable[Quantity]) -> bool:
    """The same in another unit, rounded as such figures are."""
    for other in others:
        if not one.kind or other.text.lower() == one.text.lower():
            continue
        if one.kind == other.kind == "time" and other.factor == _WEEK and _WORKING.search(one.text):
            if any(close(5 * a / _WEEK, b / _DAY) for a in numeric(other) for b in numeric(one)):
                return True
        elif {one.kind, other.kind} == {"temperature", "temperature fahrenheit"}:
            to_other = _celsius if one.kind.endswith("fahrenheit") else _fahrenheit
            if any(abs(to_other(a) - b) <= 1.5 for a in numeric(one) for b in numeric(other)):
                return True
        elif (
            one.kind == other.kind
            and one.kind in _MEASURED
            and one.factor != other.factor
            and any(_rounds_to(b / one.factor, a / one.factor) for a in numeric(one) for b in numeric(other))
        ):
            return True
    return False


def _is_area(one: Quantity, prose: str, of: _Figures) -> bool:
    """Square feet for square metres and the other way round; square metres of two lengths that the answer multiplies."""
    if not one.kind and _SQUARE_METRES.match(prose, one.end):
        made = (area * side * side for area in of.results for side in (1.0, 0.01, 0.001))
        if any(_rounds_to(value, goal) for value in made for goal in numeric(one)):
            return True
    here, there, factor = _SQUARE_FEET, _SQUARE_METRES, _FEET_OF_METRES
    if one.kind or not here.match(prose, one.end):
        here, there, factor = there, here, 1 / factor
    if one.kind or not here.match(prose, one.end):
        return False
    return any(
        _is_about(v * factor, goal)
        for text, figures in zip(of.texts, of.of_texts, strict=True)
        for q in figures
        if not q.kind and there.match(text, q.end)
        for v in numeric(q)
        for goal in numeric(one)
    )


def _is_for_one_unit(one: Quantity, prose: str, of: _Figures) -> bool:
    """A price by the amount beside it in a text: 24 € a litre for a bottle of 0.5 l at 12 €."""
    per = _PER_UNIT.match(prose, one.end) if one.kind.startswith("money") else None
    kind, factor = UNITS.get(per[1].lower(), ("", 1.0)) if per else ("", 1.0)
    if kind not in _MEASURED:
        return False
    return any(
        _rounds_to(a / b * factor, goal)
        for figures in of.of_texts
        if len(figures) <= _MOST
        for price, amount in product(figures, repeat=2)
        if of_one_kind(price, one) and amount.kind == kind
        for a in numeric(price)
        for b in numeric(amount)
        if b
        for goal in numeric(one)
    )


_PER_UNIT = re.compile(
    r"(?:\s?/\s?|\s(?:per|a|an|the|al|pro|je|le|la|il|el|por|o|za|à la|au)\s)([^\W\d]+)", re.IGNORECASE
)
_WEEK = 7 * _DAY
_WORKING = re.compile(r"\b(?:work|business|werk|arbeits)", re.IGNORECASE)
_MEASURED = frozenset({"length", "mass", "volume", "speed", "torque"})


def _is_of_equation(one: Quantity, prose: str) -> bool:
    """Either side of what one unit is in another: `1 mile = 1.609 km`."""
    if one.kind not in _MEASURED:
        return False
    begin = max(0, one.start - _EQUATION_CHARACTERS)
    around = prose[begin : one.end + _EQUATION_CHARACTERS]  # not all: every claim of an answer is looked at
    return any(
        one.start - begin in (first.start, second.start)
        and _IS_EQUAL.fullmatch(around, first.end, second.start)
        and _converted(second, [first])
        for first, second in pairwise(quantities(around))
    )


_EQUATION_CHARACTERS = 40
_IS_EQUAL = re.compile(r"\s?[=≈]\s?")


def _celsius(value: float) -> float:
    return (value - 32) / 1.8


def _fahrenheit(value: float) -> float:
    return value * 1.8 + 32


def _rounds_to(exact: float, written: float) -> bool:
    """Whether a value, rounded to as many digits as are written, is the one that is written; a single digit may be five percent off."""
    if not exact or not written:
        return False
    digits = len(f"{abs(written):.10g}".replace(".", "").lstrip("0"))
    if digits == 1:
        return abs(exact - written) <= 0.05 * abs(exact)
    return close(float(f"{exact:.{digits}g}"), written)


def _is_about(exact: float, written: float) -> bool:
    """As `_rounds_to`, where zeros at the end may be rounded, too: `2.4 million`; two digits at least."""
    digits = max(len(f"{abs(written):.10g}".replace(".", "").strip("0")), 2)
    return bool(exact) and close(float(f"{exact:.{digits}g}"), written)


def _calculated(one: Quantity, of: _Figures) -> bool:
    """Whether a calculation that the answer shows gives it, or gives what is left of it without another figure: `50: 20, and 6 × 5`."""
    shown = [result for result, parts in of.results.items() if one.start not in parts]
    goals = [value / one.factor for value in numeric(one)]
    if any(_rounds_to(result, goal) and abs(result) > 1 for goal in goals for result in shown):
        return True
    said = {v / q.factor for q in of.said if of_one_kind(q, one) or not q.kind for v in numeric(q)}
    if max(len(shown), len(said)) > _MOST:
        return False
    return any(close(result + value, goal) for goal in goals for result in shown for value in said)


def _is_share(one: Quantity, prose: str, of: _Figures) -> bool:
    """A percentage or part of a figure of the question or the answer, what is for a month of what is for a year, what percentage one is
    of another, or how much two differ."""
    here = (*of.asked, *of.said)
    if one.kind == "percent":
        return _is_percentage(one, of)
    percents = of.parts | fractions((), (*of.known, *of.said))
    if not one.kind and any(
        close(1 + part, v) or (part < 1 and close(part, v)) for part in percents for v in numeric(one)
    ):
        return True  # `300 × 1.08`
    if one.kind and not one.kind.startswith("money"):
        return False
    start, end = sentence_at(prose, one.start)
    if (
        not one.kind
        and _PER_PIECE.match(prose, one.end)
        and _is_for_each(one, [q for q in of.said if start <= q.start < end], of)
    ):
        return True
    if not one.kind and max(numeric(one), default=0) <= SMALL:
        return _is_per_one(one, [q for q in of.said if start <= q.start < end], prose)
    wholes = {
        v
        for q in (
            here if one.kind or any(q.kind == "percent" and start <= q.start < end for q in of.said) else of.asked
        )
        if q.kind in ("", one.kind) or q.kind.startswith("money")
        for v in numeric(q)
        if v > SMALL
    }
    if max(len(percents), len(wholes)) > _MOST:
        return False
    parts = {whole * part for whole in wholes for percent in percents for part in (percent, 1 - percent, 1 + percent)}
    for text, figures in zip(of.texts, of.of_texts, strict=True) if one.kind else ():
        # `The second child pays half` beside the price for the first.
        shares = fractions((text,), ())
        values = {v for q in figures if of_one_kind(q, one) for v in numeric(q)} if shares else set[float]()
        if len(values) <= _MOST:
            parts |= {v * each for v in values for share in shares for each in (share, 1 + share)}
    if _PER_PERIOD.search(prose, start, end):
        parts |= {
            part for q in of.said if of_one_kind(q, one) for v in numeric(q) for n in _PARTS for part in (v / n, v * n)
        }
    if of.for_a_period and one.kind:
        values = {v for q in (*of.known, *of.said) if q.kind == one.kind for v in numeric(q)}
        parts |= {v * n for v in values for n in _PARTS} if len(values) <= _MOST else set()
    own = {v for q in of.asked if q.kind in ("", one.kind) for v in numeric(q) if v > SMALL}
    said = {v for q in of.said if q.kind in ("", one.kind) for v in numeric(q) if v > SMALL}
    if max(len(own), len(said)) <= _MOST:
        parts |= {part for v in own for w in said for part in (v + w, abs(v - w))}
        parts |= {v + w for v, w in combinations(own, 2)}
    if one.kind:
        bare = {v for q in of.asked if not q.kind for v in numeric(q) if v > SMALL}
        asked = {v / q.factor for q in of.asked if not q.kind.startswith(_NOT_COUNTED) for v in numeric(q)}
        known = {v for q in (*of.known, *of.said) if of_one_kind(q, one) for v in numeric(q)}
        if max(len(asked), len(known)) <= _MOST:
            parts |= {v * n for v in known for n in asked} | {abs(v - w) for v in known for w in bare}
            counts = {v for q in of.asked if not q.kind for v in numeric(q) if 1 < v == int(v)}
            parts |= {v / n for q in of.asked if of_one_kind(q, one) for v in numeric(q) for n in counts}
            if _PER_PERIOD.search(prose, start, end):
                parts |= {v * n * period for v in known for n in asked for period in _PARTS}
        if _IN_PARTS.search(prose, start, end):
            counts = {v for q in of.said if not q.kind and start <= q.start < end for v in numeric(q) if 1 < v <= SMALL}
            parts |= {v / n for q in of.said if of_one_kind(q, one) for v in numeric(q) for n in counts}
    return any(_rounds_to(part, goal) for part in parts for goal in numeric(one))


def _is_per_one(one: Quantity, beside: Sequence[Quantity], prose: str) -> bool:
    """What is for one of what is for several (`12 in three days are 4 a day`), and how many times one makes another (`3 weeks at 25: 75`)."""
    written = [v / q.factor for q in beside for v in numeric(q) if v]
    goals = list(numeric(one))
    pairs = [(a, b) for a, b in combinations(written[:_MOST], 2) if a != b]
    if any(close(goal * a, b) or close(goal * b, a) for a, b in pairs for goal in goals if goal > 1):
        return _A_PIECE.search(prose, one.end, one.end + 40) is not None
    return False


def _is_for_each(one: Quantity, beside: Sequence[Quantity], of: _Figures) -> bool:
    """One figure by another of the sentence, or of one line of a text, where `per game` stands behind it: `1,872 in 78 games: 24.0 per game`."""
    lines = [beside, *(row for text in of.texts for row in _rows(text))]
    for figures in lines:
        values = [v / q.factor for q in figures if not q.kind.startswith(_NOT_COUNTED[1:]) for v in numeric(q)]
        if len(values) <= _LONGEST and any(
            _rounds_to(a / b, goal) for a, b in permutations(values, 2) if b > 1 for goal in numeric(one)
        ):
            return True
    return False


def _rows(text: str) -> Iterator[Sequence[Quantity]]:
    """The figures of each row of a table."""
    lines = text.splitlines() if "|" in text else ()
    return (quantities(line) for line in islice((line for line in lines if line.count("|") > 1), _MOST))


def _is_percentage(one: Quantity, of: _Figures) -> bool:
    here = (*(q for q in of.said if q.start not in of.reckoned), *of.asked)
    values = {
        (a, b)
        for x, y in combinations(here[:_MOST], 2)
        if (x.kind == y.kind or not x.kind or not y.kind)
        and {x.kind, y.kind}.isdisjoint(("percent", "date", "clock", "version"))
        for a in (v / (1 if y.kind else x.factor) for v in numeric(x))
        for b in (v / (1 if x.kind else y.factor) for v in numeric(y))
        if a and b
    }
    shares = {abs(100 * x / y) for a, b in values for x, y in ((a, b), (b, a), (a - b, b), (b - a, a))}
    return any(_rounds_to(share, goal) for share in shares for goal in numeric(one))


def _is_scaled(one: Quantity, prose: str, of: _Figures) -> bool:
    """An amount of a text for as much as the question asks for: ten instead of four, 2.5 kg instead of one; and the factor itself. Or by
    a factor that the answer names."""
    for factor in of.factors:
        for figures in of.of_texts:
            amounts = {
                v / (1 if one.kind else q.factor)
                for q in figures
                if (of_one_kind(q, one) if one.kind else True) and q.kind not in _NOT_SCALED
                for v in numeric(q)
            }
            if any(close(amount * factor, goal) for amount in amounts for goal in numeric(one)):
                return True
    wanted = [q for q in of.asked if q.kind not in _NOT_SCALED]
    start, end = sentence_at(prose, one.start)
    for q in quantities(prose[start:end]):
        # `For 4 servings 50 are enough`
        if (
            not q.kind
            and _FOR_SO_MANY.search(prose, max(start, start + q.start - 12), start + q.start)
            and (of_what := _OF_WHAT.match(prose, start + q.end))
        ):
            wanted += [q] if any(of_what[0].lower() in text.lower() for text in of.texts) else []
    if not wanted or len(wanted) > _MOST:
        return False
    for text, figures in zip(of.texts, of.of_texts, strict=True):
        given = [q for q in figures if q.kind not in _NOT_SCALED]
        if len(given) > _MOST:
            continue
        factors = {
            a / b
            for x, y in product(wanted, given)
            if x.kind == y.kind and (x.kind or _FOR_SO_MANY.search(text, max(0, y.start - 12), y.start))
            for a in numeric(x)
            for b in numeric(y)
            if a and b and a != b
        }
        if not one.kind and any(
            _rounds_to(factor, goal) for factor in factors for goal in numeric(one) if goal != int(goal)
        ):
            return True
        amounts = {
            v / (1 if one.kind else q.factor) for q in given if not one.kind or of_one_kind(q, one) for v in numeric(q)
        }
        if any(close(amount * factor, goal) for amount in amounts for factor in factors for goal in numeric(one)):
            return True
    return False


_NOT_COUNTED = ("money", "percent", "date", "clock", "version")
_NOT_SCALED = ("date", "clock", "version", "percent", "time", "months", "nights")


def _is_of_one_record(one: Quantity, prose: str, of: _Figures) -> bool:
    """What a record has for one piece times how many it has, where a total is asked for; or one figure by another, where the sentence says
    that it is for each."""
    if not one.kind.startswith("money"):
        return False
    start, end = sentence_at(prose, one.start)
    each = EACH.search(prose, start, end) is not None
    if not each and not of.for_all:
        return False
    for figures in of.of_texts:
        if len(figures) > _MOST:
            continue
        amounts = {v for q in figures if of_one_kind(q, one) for v in numeric(q)}
        counts = {
            v / q.factor for q in figures if not q.kind.startswith(_NOT_COUNTED) for v in numeric(q) if v > q.factor
        }
        pairs = list(product(amounts, counts))
        if any(close(a * n, goal) for a, n in pairs for goal in numeric(one) if of.for_all and n <= SMALL) or any(
            close(a / n, goal) for a, n in pairs for goal in numeric(one) if each
        ):
            return True
    return False


def _is_so_many_each(one: Quantity, prose: str, of: _Figures) -> bool:
    """Two figures of one sentence of the answer, one of them for each of the other: `48 wells, each for 500 people`, `the other five cost
    €64 each`; or one by the other, where it has a fraction: 18.7 for 412 in 22."""
    counted = (q for q in of.said if not q.kind.startswith(_NOT_COUNTED))  # `610,000 day visitors`
    counts = [v / q.factor for q in counted for v in numeric(q) if v / q.factor > SMALL][:_MOST]
    for sentence, beside in of.sentences:
        pairs = [
            (v, w / other.factor)
            for q, other in permutations(beside, 2)
            if of_one_kind(q, one) or not q.kind
            if not other.kind.startswith(_NOT_COUNTED)
            for v in numeric(q)
            for w in numeric(other)
            if w > 1
        ]
        if EACH.search(prose, *sentence):
            if any(close(v * w, goal) for v, w in pairs for goal in numeric(one)):
                return True
            apart = [(v, w) for q in beside if of_one_kind(q, one) for v in numeric(q) for w in counts]
            if one.kind.startswith("money") and any(_is_about(v * w, goal) for v, w in apart for goal in numeric(one)):
                return True
        if sentence[0] <= one.start < sentence[1] and any(
            _rounds_to(v / w / one.factor, goal / one.factor) for v, w in pairs for goal in numeric(one) if goal % 1
        ):
            return True
    return False


def _is_stepped(one: Quantity, of: _Figures) -> bool:
    """One price for the first and another for each further one, for as many as the question asks for."""
    counts = {v for q in of.asked if not q.kind for v in numeric(q) if 1 < v <= SMALL and v == int(v)}
    if not counts or (not one.kind and max(numeric(one), default=0) <= SMALL):
        return False
    return any(
        close(first + (count - 1) * other, goal) or close(first + count * other, goal)
        for text, figures in zip(of.texts, of.of_texts, strict=True)
        if len(figures) <= _MOST and _EACH_FURTHER.search(text)
        for first, other in product({v for q in figures if of_one_kind(q, one) for v in numeric(q)}, repeat=2)
        for count in counts
        for goal in numeric(one)
    )
