"""Calculations that an answer shows: what they give, and results that are not what they give.

`2 × €1,500 tuition plus 2 × €180` ─► figures and signs ─► 3,360, and the values of its parts
`€1,320 ÷ 11 = €135` ─► the place of 135
"""

import re
from collections.abc import Iterator, Sequence
from itertools import product

from assay.checks.prose import sentences
from assay.checks.quantities import Quantity, quantities

SMALL = 12
"""Bare counts up to here are more often of the answer's own list (`two options`) than claims, and could be had from nearly any figures."""
_LONGEST_RUN = 8
"""Figures of one calculation."""
_MOST_BETWEEN = 50
"""Characters between two of them."""
_WORDS = r"(?:[^\W\d]+[.,]?\s){0,4}"
_OPERATOR = re.compile(
    rf"\)*\s?{_WORDS}?\)*\s?(?:(?P<added>\+(?:\s[^\W\d_]+){{1,3}}(?=\s[$€£¥]?\d|\s\Z|\Z))|(?P<times>[×*·]|(?<=[\s\d])x(?=\s)|times|mal|fois|volte|veces|vezes|keer|razy)|(?P<of>of(?:\sthe)?|von|de|di|van)|(?P<by>[÷/])|"
    r"(?P<plus>\+|plus|più|más|mais)|(?P<minus>[−]|(?<=\s)[–-](?=\s)|minus|less|moins|menos|meno|min))(?:\s(?:the|another|il|lo|la|el|los|le|les|der|die|das))?\s?\(*[$€£¥]?\(*",
    re.IGNORECASE,
)


def numeric(one: Quantity) -> Iterator[float]:
    """Its values that are numbers, in base units."""
    return (value for value in one.values if isinstance(value, float))


def results(prose: str) -> dict[float, set[int]]:
    """Values of the calculations of a text and of their parts, with figures as they are written and percentages also as parts of one; with
    the places of the figures that they are made of."""
    results: dict[float, set[int]] = {}

    def add(run: Sequence[Quantity], signs: Sequence[str]) -> None:
        for value in _values_of(run, signs):
            results.setdefault(value, set()).update(q.start for q in run)

    for start, end in sentences(prose):
        run: list[Quantity] = []
        signs: list[str] = []
        for one in [q for q in quantities(prose) if start <= q.start < end]:
            is_near = bool(run) and one.start - run[-1].end <= _MOST_BETWEEN
            sign = _OPERATOR.fullmatch(prose, run[-1].end, one.start) if is_near else None
            is_part = sign and sign["of"] and run[-1].kind != "percent"
            if sign is None or is_part or len(run) == _LONGEST_RUN:
                add(run, signs)
                run, signs = [one], []
            else:
                mark = "times" if sign["of"] else "plus" if sign["added"] else str(sign.lastgroup)
                signs.append("(" + mark if "(" in sign[0] else mark)
                run.append(one)
        add(run, signs)
    for found in _TIMES_FRACTION.finditer(prose):
        places = {q.start for q in quantities(prose) if found.start() <= q.start < found.end()}
        value = float(found["whole"]) * int(found["top"]) / int(found["bottom"])
        results.setdefault(value, set()).update(places)
    return results


_TIMES_FRACTION = re.compile(
    r"(?<![\d.,])(?P<whole>\d+(?:\.\d+)?)\s?[×*·]\s?(?P<top>\d{1,2})/(?P<bottom>[1-9]\d?)(?![\d/])"
)
"""`26 × 3/5`: a fraction is no two figures."""


def _values_of(run: Sequence[Quantity], signs: Sequence[str]) -> set[float]:
    """Values of every part of a calculation; what follows an opening bracket goes before what stands before it."""
    written = [[] if q.kind == "date" else [v / q.factor for v in numeric(q)] for q in run]
    for place, one in enumerate(run):
        if (
            one.kind == "percent"
            and place
            and signs[place - 1] in ("plus", "minus")
            and run[place - 1].kind != "percent"
        ):
            sign = 1 if signs[place - 1] == "plus" else -1
            signs = [*signs[: place - 1], "times", *signs[place:]]  # `468 minus 20 %`
            written[place] = [1 + sign * v / 100 for v in written[place]] + written[place]
        elif one.kind == "percent":
            written[place] = [v / 100 for v in written[place]] + written[place]
    found: set[float] = set()
    for size in range(2, len(run) + 1):
        for at in range(len(run) - size + 1):
            marks = signs[at : at + size - 1]
            for numbers in product(*(values[:2] for values in written[at : at + size])) if size <= 5 else [[values[0] for values in written[at : at + size] if values]]:  # fmt: skip
                if len(numbers) == size and (value := _value(list(numbers), marks)) is not None:
                    found.add(value)
    return found


def miscalculated(prose: str) -> set[int]:
    """Places of figures that stand behind `=` and are not what the calculation before it gives: `1,320 ÷ 11 = 135`.

    Only calculations without words and brackets are read; a result may be rounded, and may be in another unit.
    """
    wrong: set[int] = set()
    for start, end in sentences(prose) if "=" in prose else ():
        run: list[Quantity] = []
        signs: list[str] = []
        for one in [q for q in quantities(prose) if start <= q.start < end]:
            between = prose[run[-1].end : one.start] if run else ""
            if (sign := _PLAIN_OPERATOR.fullmatch(between)) and one.kind not in _NOT_RECKONED:
                signs.append(str(sign.lastgroup))
                run.append(one)
                continue
            if len(run) > 1 and _EQUALS.fullmatch(between) and not _gives(run, signs, one):
                wrong.add(one.start)
            begins = one.kind not in _NOT_RECKONED and not _GOES_ON.search(prose, max(start, one.start - 3), one.start)
            run, signs = ([one] if begins else []), []
    return wrong


def _gives(run: Sequence[Quantity], signs: Sequence[str], result: Quantity) -> bool:
    """Whether a calculation gives a result, within one percent."""
    if len(run) > _LONGEST_RUN or result.kind in _NOT_RECKONED:
        return True
    in_base_units = [one._replace(factor=1.0) for one in run]
    goals = [v / factor * times for v in numeric(result) for factor in (1.0, result.factor) for times in (1.0, 0.01)]
    found = {value for each in (run, in_base_units) for value in _values_of(each, signs)}
    return any(abs(value - goal) <= 0.01 * abs(value) for value in found for goal in goals)


_PLAIN_OPERATOR = re.compile(r"\s?(?:(?P<times>[×*·x])|(?P<by>[÷/])|(?P<plus>\+)|(?P<minus>[−–-]))\s?")
_GOES_ON = re.compile(r"(?:[×·÷/+−x–-]|(?<!\*)\*)\s?\Z")
"""Before the first figure that is read: `2 dogs × 3 nights × €15`."""
_EQUALS = re.compile(r"\s?=\s?[*_]{0,2}")
_NOT_RECKONED = frozenset({"date", "clock", "version"})


def _value(numbers: list[float], signs: Sequence[str]) -> float | None:
    for at, sign in enumerate(signs):
        if sign.startswith("("):
            inner = _value(numbers[at + 1 :], signs[at + 1 :])
            return None if inner is None else _value([*numbers[: at + 1], inner], [*signs[:at], sign[1:]])
    terms, adds = [numbers[0]], []
    for number, sign in zip(numbers[1:], signs, strict=True):
        if sign == "times":
            terms[-1] *= number
        elif sign == "by":
            if not number:
                return None
            terms[-1] /= number
        else:
            terms.append(number)
            adds.append(1 if sign == "plus" else -1)
    return terms[0] + sum(sign * term for sign, term in zip(adds, terms[1:], strict=True))
