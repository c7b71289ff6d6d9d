"""Which version of a document a chunk is of, where only its id or its own head says so.

id, text ─► version and date, each empty where nothing says it
"""

import re

from assay.checks.quantities import quantities
from assay.checks.remembered import remembered

HEAD_CHARACTERS = 200
"""Where documents say what version they are."""
_OF_ID = re.compile(r"[@#_./-](?:v|ver|version|rev)[-_.]?(\d+(?:\.\d+)*)$", re.IGNORECASE)
"""`handbook-v3`, at the end of an id."""
_SAYS = re.compile(
    r"\b(?:version|fassung|stand|ausgabe|edition|revision|rev|updated|revised|as of|aktualisiert|mise à jour|versión|actualizad[oa]|versione|aggiornat[oa]|"
    r"versão|atualizad[oa]|versie|bijgewerkt|wersja|aktualizacja)\b[^\n.;]{0,60}(?:\.\d[^\n.;]{0,20}){0,3}",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\w+[:.]?\s(?:no\.?\s)?(\d{1,3}(?:\.\d{1,3}){0,2})(?![\d/.]|\s?\w)")
"""The number of a version, at the beginning of what `_SAYS` found; `2 days` and `2.1.2026` are none."""
_MONTH_OF_YEAR = re.compile(r"(?<![\d/.])(0?[1-9]|1[0-2])[/.]((?:19|20)\d\d)\b")


def edition(name: str, text: str) -> tuple[str, str]:
    """Version and date (ISO 8601, days and months that are not said as 01) of a chunk by its id and the beginning of its text."""
    of_id = _OF_ID.search(name)
    version, date = _said(text[:HEAD_CHARACTERS])
    return (of_id[1] if of_id else version), date


@remembered(1_000_000)
def _said(head: str) -> tuple[str, str]:
    found = _SAYS.search(head)
    if not found:
        return "", ""
    number = _NUMBER.match(found[0])
    said = found[0][number.end() :] if number else found[0]
    dates = [value for one in quantities(said) if one.kind == "date" for value in one.values[:1]]
    dates += [(int(year), int(month), 0) for month, year in _MONTH_OF_YEAR.findall(said)]
    whole = next((value for value in dates if isinstance(value, tuple) and value[0]), None)
    return number[1] if number else "", f"{whole[0]:04}-{whole[1] or 1:02}-{whole[2] or 1:02}" if whole else ""
