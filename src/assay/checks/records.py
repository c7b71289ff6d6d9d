"""Figures of JSON and CSV with the unit that their key or heading names.

`"rent_eur":1480` ─► `"rent_eur":1480 eur`      `weight_kg,price_eur` over `500,210` ─► `500 kg | 210 eur`
"""

import re

from assay.checks.quantities import UNITS

_UNITS = frozenset(word for word in UNITS if word.isascii() and word.isalpha() and word != "in")
_UNIT_OF_KEY = re.compile(rf"_({'|'.join(sorted(_UNITS, key=len, reverse=True))})\Z")
_JSON_FIGURE = re.compile(r'"(\w{2,60})"\s{0,9}:\s{0,9}(-?\d{1,15}(?:\.\d{1,9})?)(?=\s{0,9}[,}\]])')
_CURRENCY = r"(?:[$€£¥]|[A-Z]{3}|euros?|dollars?|pounds?)"
_IN_UNIT = re.compile(
    rf"(?<![\d\w])(?<!\d\s)(?:(?P<before>{_CURRENCY})\s(?P<scale>[Mm]illions?|[Tt]housands?|[Mm]io|[Bb]illions?|bn|m)\b\.?(?=\s?[|,:;)\n])|"
    rf"\((?:all )?(?:figures |amounts |values )?in (?:(?P<scale2>[Mm]illions?|[Tt]housands?|[Mm]io|[Bb]illions?|bn)\b\.?(?: of)? ?(?P<after>{_CURRENCY})?)\))"
)
"""What the figures of a table or list are counted in: `EUR million | 2024 | 2025`, `SEK million, Q2:`, `(in millions of euros)`."""
_BARE = re.compile(
    r"(?<![\w.,:/])(?!(?:19|20)\d\d(?![\d.,]))\d{1,3}(?:,\d{3})*(?:\.\d+)?(?![\d%]|[.,:/-]\d|[ ]?(?:%|million|thousand|billion|bn\b|mio\b|percent|employees|people))",
    re.IGNORECASE,
)
"""A figure without a unit that is no year."""
_LEAST_CELLS = 3
"""Cells of a row; `1,200` alone is a number."""
_MOST_LINES = 2_000
"""Lines that are read as rows; what follows is left as it is."""


def with_units(text: str) -> str:
    """The text with units behind the figures of its records."""
    if found := _IN_UNIT.search(text):
        scale, unit = found["scale"] or found["scale2"], found["before"] or found["after"] or ""
        text = text[: found.end()] + _BARE.sub(rf"\g<0> {scale} {unit}", text[found.end() :])
    if '"' in text and "_" in text:
        text = _JSON_FIGURE.sub(_figure, text)
    return _table(text) if text.count(",") >= 2 * (_LEAST_CELLS - 1) and "\n" in text else text


def _figure(found: re.Match[str]) -> str:
    unit = _unit_of(found[1])
    return f"{found[0]} {unit}" if unit else found[0]


def _unit_of(key: str) -> str:
    unit = _UNIT_OF_KEY.search(key.lower())
    return unit[1] if unit else ""


def _table(text: str) -> str:
    """Commas between cells are no part of figures: `500,210` are two."""
    lines = text.split("\n")
    written: list[str] = []
    units: list[str] = []
    for line in lines[:_MOST_LINES]:
        cells = line.split(",")
        is_row = len(cells) >= _LEAST_CELLS and ", " not in line
        if is_row and len(cells) == len(units):
            joined = (
                f"{cell} {unit}" if unit and cell[-1:].isdigit() else cell
                for cell, unit in zip(cells, units, strict=True)
            )
            written.append(" | ".join(joined))
        else:
            units = [_unit_of(cell.strip()) for cell in cells] if is_row and not any(map(_is_figure, cells)) else []
            written.append(line)
    return "\n".join((*written, *lines[_MOST_LINES:]))


def _is_figure(cell: str) -> bool:
    return cell[:1].isdigit()
