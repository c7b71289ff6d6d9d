"""Whether a figure of an answer can have been made of what tools returned.

figure, results and arguments as sent ─► written in another way · counted · added up · averaged · a share · converted ─► yes or no

An assistant that was given `0.011` says `1.1 %`, and of `{"day": ["Moss", "Ito"]}` that there are two. What is tried is little, so that a
figure that was made up is hardly ever hit by chance: no sums of any three figures, no products of whole numbers.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations, permutations
from typing import Any, Final, NamedTuple

import msgspec

from assay.checks.quantities import Quantity, quantities, same
from assay.checks.remembered import remembered

MOST_TRIED: Final = 40
"""Figures of results that are reckoned with."""
MOST_PIECES: Final = 100
"""Figures of a question up to here may count pieces, and a price may be multiplied by them."""
MOST_OF_A_RECORD: Final = 6
"""Figures of one record that are subtracted from one another; in larger ones any figure can be found."""
_ORDINAL = re.compile(r"\d(?:st|nd|rd|th)$")
_SMALL = re.compile(r"(?<![A-Za-z0-9_.])\d{1,2}(?=x\b)|(?<![A-Za-z0-9_.])\d{1,2}(?![A-Za-z0-9_]|\.\d)")
"""A number on its own, or a part of a list, a date or a time: `4,5`, `2026-12-04`, `3x`."""
_OF_A_DAY = re.compile(r"\s(?:hour|day|night|week|month|year)\Z", re.IGNORECASE)
"""Behind a number above one it tells what is counted: `three day passes`."""
_SPAN = re.compile(r"(?<![\w.])(\d{1,4})(?:ms|s|m|min|h|d|w|y)\b")
"""How parameters write a time: `15m`, which `quantities` takes for metres."""
_FAHRENHEIT = re.compile(r"\s?(?:degrees )?Fahrenheit\b")
_DECIMALS = re.compile(r"\d[.,](\d{1,2})(?!\d)")
_DIGITS = re.compile(r"\d+")
_TIME = re.compile(r"([01]?\d|2[0-3])[.:h]?([0-5]\d)")
_CLOCK = re.compile(r"(?<![\d:.])([01]\d|2[0-3]):([0-5]\d)(?!\d)")
_MINUTES = re.compile(r"(?<![\d:.\-T])([1-9]\d?)(?![\d:.\-])")


def made_of(figure: Quantity, answer: str, question: str, said: Sequence[str], sent: Sequence[str]) -> bool:
    """Whether a figure is an ordinal, or was made of figures of the question, of the results and of the arguments: of their values as
    people write them, and of them as they were sent."""
    if _ORDINAL.search(figure.text) or _stands_in_a_name(figure, sent):
        return True
    if figure.kind == "clock":
        sent_then = any(same(figure, one) for text in said for one in quantities(text))
        return sent_then or _at_an_hour_asked_for(figure, question) or _is_later(figure.text, sent)
    if _is_later(figure.text, sent):
        return True
    if not figure.kind and figure.values == (0.0,):
        return True  # `0 losses`
    goals = [value / figure.factor for value in figure.values if not isinstance(value, tuple)]
    after = answer[figure.end : figure.end + 24]
    if any(_written_otherwise(goal, figure, text) for goal in goals for text in said):
        return True
    parts = [value for text in said for value in numbers(text)][-MOST_TRIED:]
    pieces = [value for value in numbers(question) if 1 < value <= MOST_PIECES and value == int(value)]
    exact = [a * n for a in parts for n in pieces]
    exact += [value for a in parts for b in parts for value in (a + b, a - b) if a != b]
    exact += [value for text in sent for value in _reckoned(text).exact]
    if any(abs(goal - one) < 0.011 for goal in goals for one in exact):
        return True
    decimals = _DECIMALS.search(figure.text)
    near = 0.5 * 10 ** -len(decimals[1] if decimals else "") + 1e-9
    rounded = [*_rounded(figure, after, parts), *(value for text in sent for value in _reckoned(text).means)]
    apart = [value for text in sent for value in _reckoned(text).apart]
    if any(goal and float(f"{one:.{_digits(goal)}g}") == goal for goal in goals for one in apart):
        return True
    if figure.kind == "percent":
        rounded += [value for text in sent for value in _reckoned(text).percents]
    return any(abs(goal - one) <= near for goal in goals for one in rounded)


def _digits(value: float) -> int:
    """How many a figure is written with: 24,000 and 24k have two."""
    return max(len(f"{value:.10g}".replace(".", "").strip("0")), 2)


def _stands_in_a_name(figure: Quantity, sent: Sequence[str]) -> bool:
    """Whether a figure is part of a name, as in `free_20ft`."""
    digits = _DIGITS.match(figure.text)
    return digits is not None and any(re.search(rf"(?<=_){digits[0]}(?=[A-Za-z_])", text) for text in sent)


def _at_an_hour_asked_for(figure: Quantity, question: str) -> bool:
    """`8 pm` where somebody asked for a table at 8."""
    digits = _DIGITS.match(figure.text)
    return digits is not None and int(digits[0]) in numbers(question)


def _is_later(written: str, sent: Sequence[str]) -> bool:
    """`0922` and `9.22` for the time `09:22` of a result, and a time so many minutes of the result after it."""
    found = _TIME.fullmatch(written)
    if found is None:
        return False
    goal = 60 * int(found[1]) + int(found[2])
    for text in sent:
        clocks = {60 * int(hour) + int(minute) for hour, minute in _CLOCK.findall(text)}
        minutes = {int(one) for one in _MINUTES.findall(text)}
        if any((clock + more) % 1440 == goal for clock in clocks for more in (0, *minutes)):
            return True
    return False


def _written_otherwise(goal: float, figure: Quantity, text: str) -> bool:
    """Whether a text has a number as a part of a list, a date or a parameter."""
    if figure.kind == "time" and any(int(found) == goal for found in _SPAN.findall(text)):
        return True
    counts = not figure.kind or (goal > 1 and _OF_A_DAY.search(figure.text))
    return bool(counts) and any(int(found) == goal for found in _SMALL.findall(text))


def _rounded(figure: Quantity, after: str, parts: list[float]) -> Iterator[float]:
    """Shares of one figure in another, a rate as a percentage, what a rate makes of a figure, degrees Fahrenheit."""
    if figure.kind == "percent":
        yield from (100 * a for a in parts if 0 < a < 1)
        yield from (100 * a / b for a in parts for b in parts if 0 < a < b)
    elif figure.kind == "temperature fahrenheit" or _FAHRENHEIT.match(after):
        yield from (1.8 * a + 32 for a in parts)
    else:
        yield from (a * rate for rate in parts if rate != int(rate) for a in parts if a is not rate)


class _Made(NamedTuple):
    """What a result in JSON gives."""

    exact: tuple[float, ...]
    """How many there are of each list, sums of each field over its records, all and those that are alike in another field, and what is left
    of one field of a record when two others are taken away."""
    means: tuple[float, ...]
    """Of each field, and by how much one field is divided by another in a small record or in all."""
    percents: tuple[float, ...]
    """Shares in a sum, and by how much a field of one record is above or below that of another."""
    apart: tuple[float, ...]
    """How much more one of few records has of a field than another."""


@remembered(1_000_000)
def _reckoned(text: str) -> _Made:
    try:
        stack: list[Any] = [msgspec.json.decode(text)]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        records = table(text)
        if not records:
            return _Made((), (), (), ())
        stack = [records]
    exact: list[float] = []
    series: list[list[float]] = []
    apart: list[float] = []
    rates: list[float] = []
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            stack.extend(one.values())
            own = [value for value in one.values() if _is_number(value)]
            if len(own) <= MOST_OF_A_RECORD:
                exact += [abs(a - b) for a, b in combinations(own, 2)]
                exact += [a - b - c for a, b, c in permutations(own, 3)]
                rates += [a / b for a, b in permutations(own, 2) if b]
                series += [list(pair) for pair in combinations(own, 2)]
            if len(own) == len(one) > 1:
                series.append(own)
        elif isinstance(one, list):
            stack.extend(one)
            exact.append(len(one))
            fields = _fields(one)
            series += fields
            apart += [
                a - b
                for values in fields
                if len(values) <= MOST_OF_A_RECORD
                for a, b in permutations(values, 2)
                if a > b
            ]
            exact += map(abs, map(sum, _alike(one)))
            exact += [abs(sum(a) - sum(b)) for a, b in combinations(fields[:MOST_OF_A_RECORD], 2)]
            rates += [sum(a) / sum(b) for a, b in permutations(fields[:MOST_OF_A_RECORD], 2) if sum(b)]
            series += _rates(one)
    sums = [sum(values) for values in series]
    exact += map(abs, sums)
    means = [*rates, *(total / len(values) for values, total in zip(series, sums, strict=True))]
    # Each with each is tried of a few; sums and means are of all.
    few = [values[:MOST_TRIED] for values in series[:MOST_TRIED]]
    percents = [100 * one / total for values, total in zip(few, sums, strict=False) if total > 0 for one in values]
    percents += [100 * abs(a - b) / b for values in few for a, b in permutations(values, 2) if b > 0]
    return _Made(tuple(exact), tuple(means), tuple(percents), tuple(apart))


def _fields(records: list[Any]) -> list[list[float]]:
    """Numbers of each field of the records of a list, or the numbers of a list."""
    fields: defaultdict[str, list[float]] = defaultdict(list)
    for one in records:
        for key, value in one.items() if isinstance(one, dict) else (("", one),):
            if _is_number(value):
                fields[key].append(value)
    return [values for values in fields.values() if len(values) > 1]


def _rates(records: list[Any]) -> Iterator[list[float]]:
    """One field by another, of each of few small records: churn is what was lost by what was there."""
    if not 1 < len(records) <= MOST_OF_A_RECORD or not all(isinstance(one, dict) for one in records):
        return
    names = [key for key, value in records[0].items() if _is_number(value)][:MOST_OF_A_RECORD]
    for a, b in permutations(names, 2):
        pairs = [(one.get(a), one.get(b)) for one in records]
        if all(_is_number(x) and _is_number(y) and y for x, y in pairs):
            yield [x / y for x, y in pairs]


_CELLS = re.compile(r"\s*[|\t;]\s*|,(?!\s)")
_RULE = re.compile(r"[\s|+:=-]+")
_NUMERIC = re.compile(r"[-−]?\d+(?:\.\d+)?")


def table(text: str) -> list[dict[str, Any]]:
    """The records of a table that is written with commas, semicolons, tabs or bars under one line of names; none where it is no table."""
    lines = [line.strip().strip("|").strip() for line in text.strip().splitlines()[: MOST_TRIED + 2]]
    rows = [_CELLS.split(line) for line in lines if line and not _RULE.fullmatch(line)]
    if len(rows) < 2 or len(rows[0]) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return []
    return [
        {
            name: float(cell.replace("−", "-")) if _NUMERIC.fullmatch(cell) else cell
            for name, cell in zip(rows[0], row, strict=True)
        }
        for row in rows[1:]
    ]


def _alike(records: list[Any]) -> Iterator[list[float]]:
    """Numbers of each field over the records that have the same word or truth in another field, as in `"paid": false`."""
    alike: defaultdict[tuple[str, str, Any], list[float]] = defaultdict(list)
    for one in records[:MOST_TRIED]:
        if isinstance(one, dict):
            told = [(key, value) for key, value in one.items() if isinstance(value, str | bool)]
            for name, number in one.items():
                if _is_number(number):
                    for key, value in told[:MOST_OF_A_RECORD]:
                        alike[name, key, value].append(number)
    yield from (values for values in alike.values() if len(values) > 1)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def numbers(text: str) -> list[float]:
    """The figures of a text in the unit that is written, dates aside; both readings of `0.011`."""
    return [value / one.factor for one in quantities(text) for value in one.values if not isinstance(value, tuple)]
