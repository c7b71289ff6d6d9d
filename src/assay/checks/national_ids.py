"""National identity numbers: how each is written, and the check digits that tell it from any other number.

A row of `NATIONAL_IDS` says what the number is called, its form, whether words around it must speak of it (forms that
many other numbers have), and its checksum. Text goes in, matches come out; `assay.checks.pii` asks.
"""

import re
from collections.abc import Callable
from typing import NamedTuple


class NationalId(NamedTuple):
    """One kind of number."""

    type: str
    form: re.Pattern[str]
    valid: Callable[[str], bool]
    """Takes the letters and digits of the number, upper case, without separators."""
    context: re.Pattern[str] | None
    """Words that must stand near it; None where the form and the checksum are enough."""
    confidence: float

    letters: bool = False
    """Whether capital letters stand among the digits: such numbers are looked for in another place."""


def luhn(digits: str) -> bool:
    """ISO/IEC 7812: payment cards, and several national numbers."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def _any(_: str) -> bool:
    return True


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def _us_ssn(digits: str) -> bool:
    # Areas 000, 666 and 900 and up were never given out: https://www.ssa.gov/employer/randomization.html
    return digits[:3] not in {"000", "666"} and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"


def _us_itin(digits: str) -> bool:
    # https://www.irs.gov/irm/part3/irm_03-021-263r: fourth and fifth digit 50-65, 70-88, 90-92, 94-99
    group = int(digits[3:5])
    return 50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or 94 <= group <= 99


def _gb_nhs(digits: str) -> bool:
    return (11 - _weighted(digits, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11) % 11 == int(digits[9])


def _au_tfn(digits: str) -> bool:
    return _weighted(digits, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def _br_cpf(digits: str) -> bool:
    if len(set(digits)) == 1:
        return False
    first = _weighted(digits, tuple(range(10, 1, -1))) * 10 % 11 % 10
    second = _weighted(digits, tuple(range(11, 1, -1))) * 10 % 11 % 10
    return digits[9:] == f"{first}{second}"


def _es_dni(text: str) -> bool:
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == text[-1]


_IT_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip


def _it_codice(text: str) -> bool:
    even = sum(int(c) if c.isdigit() else ord(c) - 65 for c in text[1:15:2])
    return chr(65 + (even + sum(_IT_ODD[c] for c in text[:15:2])) % 26) == text[15]


def _fr_nir(text: str) -> bool:
    number = text[:13].replace("2A", "19").replace("2B", "18")
    return number.isdigit() and 97 - int(number) % 97 == int(text[13:])


def _de_steuer(digits: str) -> bool:
    product = 10
    for digit in digits[:10]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def _pl_pesel(digits: str) -> bool:
    return (10 - _weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10) % 10 == int(digits[10])


def _nl_bsn(digits: str) -> bool:
    return int(digits) > 0 and _weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def _se_personnummer(text: str) -> bool:
    return luhn("".join(c for c in text if c.isdigit())[-10:])


def _fi_hetu(text: str) -> bool:
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(text[:6] + text[-4:-1]) % 31] == text[-1]


def _sg_nric(text: str) -> bool:
    total = _weighted(text[1:8], (2, 7, 6, 5, 4, 3, 2)) + (4 if text[0] in "TG" else 0)
    return ("JZIHGFEDCBA" if text[0] in "ST" else "XWUTRQPNMLK")[total % 11] == text[8]


def _cn_resident(text: str) -> bool:
    return "10X98765432"[_weighted(text, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11] == text[17]


def _kr_rrn(digits: str) -> bool:
    return (11 - _weighted(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10 == int(digits[12])


_VERHOEFF_D = [[(i + j) % 5 if i < 5 and j < 5 else (i + j) % 5 + 5 if i < 5 else (i - j) % 5 + 5 if j < 5 else (i - j) % 5 for j in range(10)] for i in range(10)]  # fmt: skip
_VERHOEFF_P = [list(range(10)), [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
for _ in range(6):
    _VERHOEFF_P.append([_VERHOEFF_P[1][value] for value in _VERHOEFF_P[-1]])


def _in_aadhaar(digits: str) -> bool:
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = _VERHOEFF_D[check][_VERHOEFF_P[place % 8][int(digit)]]
    return check == 0


def _form(pattern: str) -> re.Pattern[str]:
    # Inside a longer run of letters, digits or dashes it is a part of something else: a hash, a serial number, a UUID.
    return re.compile(rf"(?<![\w.\-])(?:{pattern})(?![\w]|[.\-]\w)", re.ASCII)


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\[)\b(?:{pattern})\b", re.IGNORECASE)


_PASSPORT = _words(r"passport(?: number| no\.?)?|reisepass\w*|passeport|pasaporte")
_DATE = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"

NATIONAL_IDS: tuple[NationalId, ...] = (
    NationalId("ssn", _form(r"\d{3}-\d{2}-\d{4}"), _us_ssn, None, 0.9),
    NationalId("ssn", _form(r"\d{3} \d{2} \d{4}|\d{9}"), _us_ssn, _words(r"ssn|ss#|social security(?: number| no)?|social"), 0.8),
    NationalId("us_itin", _form(r"9\d{2}[- ]\d{2}[- ]\d{4}"), _us_itin, None, 0.8),
    NationalId("gb_nino", _form(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]"), _any, None, 0.8, letters=True),
    NationalId("gb_nhs", _form(r"\d{3}[ -]?\d{3}[ -]?\d{4}"), _gb_nhs, _words(r"nhs"), 0.9),
    NationalId("ca_sin", _form(r"\d{3}[ -]?\d{3}[ -]?\d{3}"), luhn, _words(r"(?-i:SIN)|social insurance(?: number)?|(?-i:NAS)|assurance sociale"), 0.9),
    NationalId("au_tfn", _form(r"\d{3} ?\d{3} ?\d{3}"), _au_tfn, _words(r"tfn|tax file(?: number)?"), 0.9),
    NationalId("br_cpf", _form(r"\d{3}\.\d{3}\.\d{3}-\d{2}"), _br_cpf, None, 0.95),
    NationalId("br_cpf", _form(r"\d{11}"), _br_cpf, _words(r"cpf"), 0.9),
    NationalId("es_dni", _form(r"(?:\d{8}|[XYZ]-?\d{7})-?[A-HJ-NP-TV-Z]"), _es_dni, None, 0.85, letters=True),
    NationalId("it_codice_fiscale", _form(r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]"), _it_codice, None, 0.95, letters=True),
    NationalId("fr_nir", _form(r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}"), _fr_nir, None, 0.85),
    NationalId("de_steuer_id", _form(r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}"), _de_steuer, _words(r"steuer(?:-?id(?:entifikationsnummer)?|nummer|liche id\w*)|tax id|idnr|(?-i:TIN)"), 0.85),
    NationalId("pl_pesel", _form(r"\d{11}"), _pl_pesel, _words(r"pesel"), 0.9),
    NationalId("nl_bsn", _form(r"\d{9}"), _nl_bsn, _words(r"bsn|burgerservicenummer|sofinummer"), 0.9),
    NationalId("se_personnummer", _form(rf"(?:19|20)?\d{{2}}{_DATE}[-+]\d{{4}}"), _se_personnummer, None, 0.85),
    NationalId("fi_hetu", _form(r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]"), _fi_hetu, None, 0.9, letters=True),
    NationalId("dk_cpr", _form(r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}-?\d{4}"), _any, _words(r"cpr(?:-?(?:nummer|nr))?"), 0.8),
    NationalId("in_aadhaar", _form(r"[2-9]\d{3} ?\d{4} ?\d{4}"), _in_aadhaar, _words(r"aadhaar|aadhar|uidai|(?-i:UID)"), 0.9),
    NationalId("in_pan", _form(r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]"), _any, _words(r"(?-i:PAN)|permanent account(?: number)?|income tax"), 0.85, letters=True),
    NationalId("sg_nric", _form(r"[STFG]\d{7}[A-Z]"), _sg_nric, None, 0.85, letters=True),
    NationalId("kr_rrn", _form(rf"\d{{2}}{_DATE}-[1-4]\d{{6}}"), _kr_rrn, None, 0.9),
    NationalId("cn_resident_id", _form(rf"[1-9]\d{{5}}(?:19|20)\d{{2}}{_DATE}\d{{3}}[\dX]"), _cn_resident, None, 0.95),
    NationalId("mx_curp", _form(rf"[A-Z][AEIOUX][A-Z]{{2}}\d{{2}}{_DATE}[HMX][A-Z]{{2}}[B-DF-HJ-NP-TV-Z]{{3}}[A-Z0-9]\d"), _any, None, 0.95, letters=True),
    NationalId("passport", _form(r"[A-Z]{1,2}\d{6,8}"), _any, _PASSPORT, 0.7, letters=True),
    NationalId("passport", _form(r"\d{9}"), _any, _PASSPORT, 0.7),
)  # fmt: skip
"""Every kind that is known, the surest writing of each first."""
