"""Which numbers and dates of an answer have no support in what it rests on.

answer, contexts ─► quantities of the answer that no context has, rounds to, or adds up to
"""

import re
from collections.abc import Iterable, Sequence
from itertools import combinations, product
from math import ceil

from assay.checks.prose import blanked, sentences
from assay.checks.quantities import UNITS, Quantity, Value, quantities
from assay.checks.remembered import remembered
from assay.checks.words import is_plain, plain

_HEDGE = re.compile(
    r"(?:about|around|approximately|roughly|nearly|almost|over|more than|less than|under|up to|some|circa|ca\.|~|≈)\s*[$€£]?$",
    re.IGNORECASE,
)
_DERIVED = re.compile(
    r"\b(?:totals?|sum|together|altogether|combined|sav(?:e|es|ed|ing)|difference|left|remain\w*|twice|doubles?|half|both|so|thus|therefore|"
    r"which (?:is|means|makes)|that (?:is|means|makes)|return trip|round trip|cheaper|longer|shorter|older|younger|later|earlier|own|extra|in all|plus)\b",
    re.IGNORECASE,
)
_RECKONS = re.compile(
    r"[×=÷]|\d\s?(?:[x*·+−/–-]|minus|plus|times|mal)\s?[$€£]?\d|\b(?:times the|minus|makes|comes? (?:to|out)|works? out|amounts? to|adds? up|in (?:all|total)|altogether|"
    r"that(?:['’]s| is| would be)|which is|(?:percent|per cent) of|half (?:of|price|that)|twice|double|cheaper|dearer|difference|you save|in summe|insgesamt|zusammen|das \w+fache)\b|%\sof\b",
    re.IGNORECASE,
)
"""The answer shows how a figure comes about, or says that it reckons."""
_ASKS_SUM = re.compile(
    r"\b(?:total|altogether|together|in all|sum|overall|difference|both|combined|save|cheaper|how much (?:more|less|longer)|insgesamt|zusammen)\b",
    re.IGNORECASE,
)
_SUMS = re.compile(r"\b(?:in (?:all|total)|altogether|totals?|sum|insgesamt|zusammen)\b", re.IGNORECASE)
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
    "drittel": 1 / 3,
    "doppelt": 2.0,
}
"""Parts and multiples in words; what is left of a part counts too."""
_FRACTION = re.compile(rf"\b(?:{'|'.join(_FRACTIONS)})", re.IGNORECASE)
_BEFORE_OR_AFTER = re.compile(
    r"(?:\s\w+){0,2}?\s(?:before|after|earlier|later|prior|ahead|vor|nach|vorher|danach|früher|später)\b", re.IGNORECASE
)
_FOLLOWS = re.compile(r"\b(?:so|thus|hence|therefore|meaning|which means|that means)\b[^.]*$", re.IGNORECASE)
_COUNTED = re.compile(
    r"\s?(?:\w+\s)?(?:ways?|steps?|options?|things?|reasons?|points?|parts?|types?|kinds?|categories|items?|methods?|factors?|sections?|examples?|tips?)\b",
    re.IGNORECASE,
)
_LIST_NUMBER = re.compile(r"^[ \t]*[(\[#]?(\d{1,3})[.)\]:](?=\s)", re.MULTILINE)
_ENDS_LIST_NUMBER = re.compile(r"\d[.)\]:]\s")
_SMALL = 12
"""Bare counts up to here are more often of the answer's own list (`two options`) than claims."""
_MOST_PARTS = 40
"""Quantities that sums and differences are tried on, at most."""
_MOST_SUMMED = 12
"""Quantities of which any three are tried."""
_GLUE = frozenset(".,:/-_$€£")
"""What makes digits on either side of it one figure."""
_EXACT = frozenset({"date", "clock", "version"})
"""Kinds that are not reckoned with."""


def unsupported_numbers(answer: str, contexts: Sequence[str], question: str = "") -> tuple[Quantity, ...]:
    """Numbers and dates of the answer that neither the contexts nor the question have.

    A rounded figure is supported by the exact one, and so is a sum, difference, double or complement to 100 % that is said to be
    one or stands beside its parts. Small counts in words, list numbers, citations, code and addresses are no claims.
    """
    prose = blanked(answer)
    claimed = quantities(prose)
    if not claimed:
        return ()
    claimed = tuple(one for one in claimed if not any(_has_verbatim(one.text, text) for text in contexts))
    if not claimed:
        return ()
    texts = [_unnumbered(text) for text in contexts]
    asked = quantities(plain(question))
    # Most figures stand in one of the first texts; the others are read where one does not.
    claimed = tuple(
        one
        for one in claimed
        if not _counts(one, prose)
        and not any(same(one, other) for other in asked)
        and not any(same(one, other) for text in texts for other in quantities(text))
        and not any(_implied(one, text) for text in texts)
    )
    if not claimed:
        return ()
    known = [one for text in texts for one in quantities(text)]
    return tuple(
        one
        for one in claimed
        if not _follows(one, prose, texts, known, asked) and not _reckoned(one, prose, texts, known, question)
    )


def stands_in(one: Quantity, text: str) -> bool:
    """Whether a text has a figure, written in whatever way."""
    there = any(same(one, other) for other in quantities(_unnumbered(text)))
    return there or _has_verbatim(one.text, text) or _says_one(one, text)


def _has_verbatim(figure: str, text: str) -> bool:
    """Whether the figure stands in the text as it is; most texts have nothing like it, and are not made ready for it."""
    return (figure in text or not is_plain(text)) and _verbatim(figure, _unnumbered(text))


@remembered(4_000_000)
def _unnumbered(text: str) -> str:
    """The text without the numbers of its lists (`1.`, `[2]` at the beginning of lines that count on): they support no figure."""
    text = plain(text)
    if len(_ENDS_LIST_NUMBER.findall(text)) < 2:
        return text
    marks = list(_LIST_NUMBER.finditer(text))
    if len(marks) < 2:
        return text
    numbers = {int(mark[1]) for mark in marks}
    counting = [mark for mark in marks if int(mark[1]) + 1 in numbers or int(mark[1]) - 1 in numbers]
    pieces, done = [], 0
    for mark in counting:
        pieces += [text[done : mark.start(1)], " " * len(mark[1])]
        done = mark.end(1)
    return "".join((*pieces, text[done:]))


def _verbatim(figure: str, text: str) -> bool:
    """Whether the figure stands in the text as it is, and not inside another; most do, and the text need not be read for it."""
    at = text.find(figure)
    while at >= 0:
        before, after = text[max(at - 2, 0) : at], text[at + len(figure) : at + len(figure) + 2]
        if not (before[-1:].isalnum() or before[-1:] in _GLUE) and not (
            after[:1].isalnum() or (after[:1] in _GLUE and after[1:].isdigit())
        ):
            return True
        at = text.find(figure, at + 1)
    return False


def same(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities can mean the same; a bare number can be of any kind."""
    if one.kind == "date" or other.kind == "date":
        return _same_date(one, other)
    if one.kind == other.kind:
        return any(_close(a, b) for a in one.values for b in other.values)
    if one.kind and other.kind:
        return False
    if "clock" in (one.kind, other.kind):
        clock, bare = (one, other) if one.kind else (other, one)
        return any(60 * float(hour) in clock.values for hour in bare.values if not isinstance(hour, tuple))
    return any(_close(_written(one, a), _written(other, b)) for a in one.values for b in other.values)


def conflicts(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities are of one known kind and differ."""
    return bool(one.kind) and one.kind == other.kind and not same(one, other)


def _counts(one: Quantity, prose: str) -> bool:
    """Whether it is a small bare number that counts the answer's own list."""
    value = one.values[0]
    if one.kind or isinstance(value, tuple) or value > _SMALL:
        return False
    return one.form == "words" or _COUNTED.match(prose, one.end) is not None


def _implied(one: Quantity, text: str) -> bool:
    """`1 hour` where the text says `an hour` or `per hour`."""
    if one.kind in _EXACT or not one.kind or one.values != (one.factor,):
        return False
    unit = one.text.split()[-1].rstrip("s")
    return re.search(rf"\b(?:an?|per|each|every|one)\s{re.escape(unit)}\b", text, re.IGNORECASE) is not None


def _follows(
    one: Quantity, prose: str, texts: Sequence[str], known: Sequence[Quantity], asked: Sequence[Quantity]
) -> bool:
    """Whether the quantity can be had from others by rounding or simple arithmetic."""
    if one.kind == "date":
        return _date_in_parts(one, known)
    if one.kind in _EXACT:
        return False
    if _in_other_words(one, prose, texts, known):
        return True
    hedged = _HEDGE.search(prose, max(0, one.start - 16), one.start) is not None
    return any(_rounded(one, other, hedged=hedged) for other in known) or _derived(one, prose, known, asked)


def _in_other_words(one: Quantity, prose: str, texts: Sequence[str], known: Sequence[Quantity]) -> bool:
    """`50 %` for half, `7 days` for a week, `1.5 ×` for 150 percent."""
    if one.kind == "percent":
        return any(100 * part in one.values for part in _fractions(texts, ()))
    if not one.kind:
        percents = {v for other in known if other.kind == "percent" for v in other.values if isinstance(v, float)}
        return _TIMES.match(prose, one.end) is not None and any(
            _close(100 * v, percent) for v in one.values if isinstance(v, float) for percent in percents
        )
    return any(_says_one(one, text) for text in texts)


def _says_one(one: Quantity, text: str) -> bool:
    """`a week` for 7 days."""
    units = [
        unit
        for unit, (kind, factor) in UNITS.items()
        if kind == one.kind and factor in one.values and unit.isalpha() and len(unit) > 2
    ]
    one_of_them = rf"\b(?:an?|per|each|every|one|the|last|eine?[rnms]?|une?|una?)\s(?:{'|'.join(units)})\b"
    return bool(units) and re.search(one_of_them, text, re.IGNORECASE) is not None


_TIMES = re.compile(r"\s?(?:[×x*]|times\b)")


def _reckoned(one: Quantity, prose: str, texts: Sequence[str], known: Sequence[Quantity], question: str) -> bool:
    """Whether simple arithmetic on what is known gives it, where the answer shows that it reckons or the question asks for that.

    Tried are products with counts and fractions, and sums and differences of such, of one kind; on clocks, times `before` and `after`.
    """
    if one.kind in ("date", "version"):
        return False
    start, end = next(((s, e) for s, e in sentences(prose) if s <= one.start < e), (0, len(prose)))
    beside = [q for q in quantities(prose) if start <= q.start < end and q is not one]
    asked = quantities(plain(question))
    if one.kind == "clock":
        return _clock_reckoned(one, texts, (*known, *asked))
    if one.kind == "time" and _between_clocks(one, known, asked):
        return True
    sums = _ASKS_SUM.search(question) is not None or _SUMS.search(prose, start, end) is not None
    shows = sums or _RECKONS.search(prose, start, end) is not None
    goals = [v for v in one.values if isinstance(v, float)]
    if not (shows or (asked and (one.kind or min(goals) > _LARGE))):
        return False
    own = _values(one, (*asked, *beside))
    values = own | _values(one, known)
    if not values or len(values) > _MOST_PARTS:
        return False
    counts = {_count(q) for q in (*asked, *beside)} - {0.0, 1.0}
    parts = _fractions((prose[start:end], question), (*asked, *beside)) if shows else set()
    of_texts = _fractions(texts, known)
    scaled: set[float] = set()
    if one.kind.startswith("money") or not one.kind or shows:
        scaled = {v * n for v in values for n in (*counts, *parts)} | {v * part for v in own for part in of_texts}
    several = sorted(
        counts if shows else {_count(q) for q in asked} - {0.0, 1.0} if one.kind.startswith("money") else ()
    )
    scaled |= {v * n * m for v in values for n, m in combinations(several, 2)}
    if any(_near(v, goal, one) for v in scaled for goal in goals):
        return True
    if not (shows or one.kind):
        return False
    times = [1.0, *(_count(q) for q in asked)] if sums else [1.0]
    terms = values | {v * n for v in values for n in times} | {v * part for v in values for part in of_texts if sums}
    pairs = product(values, terms) if sums else product(own, values if one.kind else own)
    if any(
        _close(total * n, goal)
        for x, y in pairs
        if x != y
        for total in (x + y, abs(x - y))
        for n in times
        for goal in goals
    ):
        return True
    few = sorted(values if sums or one.kind.startswith("money") else own)
    return len(few) <= _MOST_SUMMED and any(
        _close(total, goal)
        for x, y, z in combinations(few, 3)
        if sums or {x, y, z} & own
        for total in (x + y + z, z - x - y)
        for goal in goals
    )


def _values(one: Quantity, others: Iterable[Quantity]) -> set[float]:
    return {v for q in others if q.kind == one.kind for v in q.values if isinstance(v, float)}


def _count(one: Quantity) -> float:
    """How many are written; 0 for what is no count."""
    value = one.values[0]
    if (
        isinstance(value, tuple)
        or one.kind in _EXACT
        or one.kind.startswith(("money", "percent"))
        or value / one.factor > 1000
    ):
        return 0.0
    return value / one.factor


def _fractions(texts: Sequence[str], figures: Sequence[Quantity]) -> set[float]:
    """Parts of one: percentages and what they leave, and those in words."""
    parts = {v / 100 for q in figures if q.kind == "percent" for v in q.values if isinstance(v, float)}
    parts |= {_FRACTIONS[found.lower()] for text in texts for found in _FRACTION.findall(text)}
    return parts | {1 - part for part in parts if part < 1}


def _near(value: float, goal: float, one: Quantity) -> bool:
    """Equal, or rounded to whole units; things are counted up."""
    if _close(value, goal):
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
    return any(
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
    return any(
        _close(abs(here - there) * 60, goal)
        for a in asked
        for b in known
        if a.kind == b.kind == "clock"
        for here in a.values
        for there in b.values
        for goal in one.values
        if isinstance(here, float) and isinstance(there, float)
    )


def _close(a: Value, b: Value) -> bool:
    if isinstance(a, tuple) or isinstance(b, tuple):
        return a == b
    return abs(a - b) <= 1e-9 * max(abs(a), abs(b))


def _written(one: Quantity, value: Value) -> Value:
    return value if isinstance(value, tuple) else value / one.factor


def _same_date(one: Quantity, other: Quantity) -> bool:
    if one.kind != other.kind:
        date, number = (one, other) if one.kind == "date" else (other, one)
        # A bare year may stand for a date; a date claims more than a bare year.
        return (
            number is one
            and not number.kind
            and any(v[0] in number.values for v in date.values if isinstance(v, tuple))
        )
    return any(
        isinstance(a, tuple)
        and isinstance(b, tuple)
        and a[1] == b[1]
        and all(not x or not y or x == y for x, y in zip(a, b, strict=True))
        for a in one.values
        for b in other.values
    )


def _date_in_parts(one: Quantity, known: Sequence[Quantity]) -> bool:
    """Day and month are in one place, the year in another."""
    years = {float(v[0]) for other in known for v in other.values if isinstance(v, tuple)}
    years |= {v for other in known if not other.kind for v in other.values if isinstance(v, float)}
    for value in one.values:
        if isinstance(value, tuple) and value[0] and float(value[0]) in years:
            without_year = Quantity(0, 0, "", "date", ((0, *value[1:]),))
            if any(other.kind == "date" and _same_date(without_year, other) for other in known):
                return True
    return False


def _rounded(one: Quantity, other: Quantity, *, hedged: bool) -> bool:
    if one.kind and other.kind and one.kind != other.kind:
        return False
    in_unit_of = one if one.kind == other.kind else other
    for a in one.values:
        for b in other.values:
            if isinstance(a, tuple) or isinstance(b, tuple) or not a or not b:
                continue
            x, y = a / one.factor, b / in_unit_of.factor
            digits = len(f"{x:.10g}".replace(".", "").strip("0"))
            if digits >= (1 if hedged else 2) and x != y and float(f"{y:.{digits}g}") == x:
                return True
    return False


def _derived(one: Quantity, prose: str, known: Sequence[Quantity], asked: Sequence[Quantity]) -> bool:
    start, end = next(((s, e) for s, e in sentences(prose) if s <= one.start < e), (0, len(prose)))
    beside = [q for q in quantities(prose) if start <= q.start < end and q is not one]
    said = _DERIVED.search(prose, start, end) is not None
    if not said and not beside and not asked:
        return False
    if one.kind and _FOLLOWS.search(prose, start, one.start) and any(conflicts(one, q) for q in beside):
        return True  # `72 hours, so two days ago is possible`
    goals = [v for v in one.values if isinstance(v, float)]
    times = [v for q in asked if not q.kind for v in q.values if isinstance(v, float)] + ([2.0] if said else [])
    found = {
        # Bare numbers are many: those of a sum stand beside it.
        v: (said and bool(one.kind)) or any(same(q, other) for other in beside)
        for q in (*known, *asked)
        if q.kind == one.kind and q.kind not in _EXACT
        for v in q.values
        if isinstance(v, float)
    }
    parts = sorted(found.items())[:_MOST_PARTS]  # whatever the order of the contexts, and each value once

    def reached(value: float) -> bool:
        return any(_close(value, goal) for goal in goals)

    for index, (x, shown) in enumerate(parts):
        if one.kind == "percent" and shown and reached(100.0 - x):
            return True
        if (one.kind or shown) and any(reached(x * n) for n in times):
            return True
        for y, also_shown in parts[index + 1 :]:
            if shown and also_shown and (reached(x + y) or reached(abs(x - y))):
                return True
    return False
