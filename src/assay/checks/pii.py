"""Personal data in a text: e-mail, phone, payment card, IBAN, national ids, IP addresses.

A text goes in, matches that do not overlap come out. A number is believed for its form and its check digits; where many
other numbers have the same form, words near it must speak of it. What a placeholder of `mask` covers is never found again.

Offsets are those of the text that is handed in, so hand in plain text and not its JSON: in JSON a letter of an escape
(`\\n`) can stand directly before an address and would be read as part of it.
"""

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from assay.checks.match import PLACEHOLDER, Match, apart
from assay.checks.national_ids import NATIONAL_IDS, NationalId, luhn

PREFILTERS: Final = (
    r"[0-9A-Za-z]@[0-9A-Za-z]",
    r"[0-9][^0-9A-Za-z]{0,3}[0-9][^0-9A-Za-z]{0,3}[0-9][^0-9A-Za-z]{0,3}[0-9][^0-9A-Za-z]{0,3}[0-9][^0-9A-Za-z]{0,3}[0-9][^0-9A-Za-z]{0,3}[0-9]",
    r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]",
    r"[0-9A-Fa-f]:[0-9A-Fa-f]{0,4}:|::[0-9A-Fa-f]",
    r"[A-Z]{2}[ ]?[0-9]{2}[ ]?[0-9A-Z]{2}",
    r"[A-Z]{3}[0-9]{4}[A-Z]",
    r"[A-Z][0-9]{6}",
    r"[0-9]{6}[A-Y][0-9]{3}",
)
"""Where `find_pii` finds anything, at least one of these matches. Loose, and written for a multi-pattern scanner: no
look-around, no back-references, explicit classes (https://intel.github.io/hyperscan/dev-reference/compilation.html)."""

CONTEXT_BEFORE_CHARACTERS = 48
CONTEXT_AFTER_CHARACTERS = 24


def find_pii(text: str) -> tuple[Match, ...]:
    """Personal data in the text, in order of place, none over another."""
    found: list[Match] = []
    if "@" in text:
        found += _emails(text)
    for start, end in _islands(text):
        found += _cards(text, start, end)
        found += _numbers(text, start, end)
        found += _phones(text, start, end)
    for start, end in _codes(text):
        found += _ibans(text, start, end)
        found += _letters_and_digits(text, start, end)
    if _DOTTED.search(text):
        found += _ips_v4(text)
    if _COLONS.search(text):
        found += _ips_v6(text)
    return apart(one for one in found if not PLACEHOLDER.fullmatch(one.value)) if found else ()


_ISLAND = re.compile(r"\d[\d .,\-/()\\+x]{5,}\d", re.ASCII)
_DIGITS = 7
_CODE = re.compile(r"[A-Z] ?\d|\d[-+]?[A-Z]", re.ASCII)
_DOTTED = re.compile(r"\.\d{1,3}\.\d{1,3}\.\d", re.ASCII)
_COLONS = re.compile(r"::|:[0-9A-Fa-f]{1,4}:")


def _islands(text: str) -> Iterator[tuple[int, int]]:
    """Where digits are: the exact forms look nowhere else, with a few characters of room for `+`, `(` and what follows."""
    for hit in _ISLAND.finditer(text):
        if sum(map(hit[0].count, "0123456789")) >= _DIGITS:
            yield max(0, hit.start() - 3), min(len(text), hit.end() + 12)


def _codes(text: str) -> Iterator[tuple[int, int]]:
    """Where capital letters and digits meet, with room for the longest form to both sides; never the same place twice."""
    open_at = close_at = -1
    for hit in _CODE.finditer(text):
        start, end = max(0, hit.start() - 24), min(len(text), hit.end() + 48)
        if start > close_at:
            if close_at >= 0:
                yield open_at, close_at
            open_at = start
        close_at = end
    if close_at >= 0:
        yield open_at, close_at


# E-mail ---------------------------------------------------------------------------------------------------------------

_LOCAL = re.compile(r"(?<![\w.+%-])\w[\w.+%'-]{0,63}\Z")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})(?![\w@])")
# A URL may carry `user:password@host`; that is a credential and no address.
_USERINFO = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/@]*\Z", re.IGNORECASE)


def _emails(text: str) -> Iterator[Match]:
    at = text.find("@")
    while at >= 0:
        local = _LOCAL.search(text, max(0, at - 64), at)
        if local and (domain := _DOMAIN.match(text, at + 1)):
            start, end = local.start(), domain.end()
            if not _USERINFO.search(text, max(0, start - 64), start):
                yield Match("email", start, end, text[start:end], 0.97)
        at = text.find("@", at + 1)


# IP addresses ---------------------------------------------------------------------------------------------------------

_IP_V4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)", re.ASCII)
_IP_V6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:|::)[0-9A-Fa-f:]{1,37}(?:\.\d{1,3}){0,3}(?![\w:]|\.\d)", re.ASCII)
# Four numbers with dots are also how versions, sections and object ids are written.
_VERSION = re.compile(r"(?:\bv(?:er(?:sion)?)?|\bversion\w*|\brelease|\bbuild|\bsection|\bchapter|\b§|\boid|==|>=|<=|~=)[\s.:]{0,2}\Z|[A-Za-z]-\Z", re.IGNORECASE)  # fmt: skip


def _ips_v4(text: str) -> Iterator[Match]:
    for hit in _IP_V4.finditer(text):
        confidence = _address(hit[0])
        if confidence and not _VERSION.search(text, max(0, hit.start() - 12), hit.start()):
            yield _match("ip", hit, confidence)


def _ips_v6(text: str) -> Iterator[Match]:
    for hit in _IP_V6.finditer(text):
        groups = [group for group in hit[0].split(":") if group]
        # `a::b` is a name in C++ and Rust before it is an address.
        told = any(c.isdigit() for c in hit[0]) and (len(groups) >= 3 or len(groups[0]) == 4)
        if told and (confidence := _address(hit[0])):
            yield _match("ip", hit, confidence)


def _address(text: str) -> float:
    """How much an address says about somebody: 0 where it is none, or none of anybody (loopback, unspecified, netmask)."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return 0.0
    if address.is_loopback or address.is_unspecified or address.is_multicast or text.startswith(("255.", "0.")):
        return 0.0
    return 0.6 if address.is_private else 0.9


# Payment cards --------------------------------------------------------------------------------------------------------

_CARD = re.compile(r"(?<![\w.\-])(?:\d{12,19}|\d{4}(?:([ \-])\d{4})(?:\1\d{4}){2}(?:\1\d{3})?|\d{4}([ \-])\d{6}\2\d{4,5})(?![\w]|[.\-]\w)", re.ASCII)  # fmt: skip
_CARD_WORDS = re.compile(r"(?<!\[)\b(?:card|cards|cc|ccn|credit|debit|visa|master ?card|amex|american express|maestro|diners?|discover|jcb|karte|kreditkarte|tarjeta|carte)\b", re.IGNORECASE)  # fmt: skip

# https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN): prefix range, lengths.
_ISSUERS: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (4, 4, (13, 16, 19)), (51, 55, (16,)), (2221, 2720, (16,)), (34, 34, (15,)), (37, 37, (15,)),
    (300, 305, (14, 16)), (3095, 3095, (14,)), (36, 36, (14, 16)), (38, 39, (14, 16)),
    (6011, 6011, (16, 19)), (644, 649, (16, 19)), (65, 65, (16, 19)), (622126, 622925, (16, 19)),
    (3528, 3589, (16, 17, 18, 19)), (1800, 1800, (15,)), (2131, 2131, (15,)),
)  # fmt: skip
# Nearly every number that begins like this is taken (JCB and Maestro); without a word beside it that is an order number.
_LOOSE_ISSUERS: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (35, 35, (16,)), (50, 50, tuple(range(12, 20))), (56, 69, tuple(range(12, 20))), (62, 62, (16, 17, 18, 19)),
)  # fmt: skip


def _cards(text: str, start: int, end: int) -> Iterator[Match]:
    while hit := _CARD.search(text, start, end):
        digits = hit[0].replace(" ", "").replace("-", "")
        confidence = _card(digits, named=_near(text, hit.start(), hit.end(), _CARD_WORDS)) if luhn(digits) else 0.0
        if confidence:
            yield _match("card", hit, confidence)
        # Groups of another number may stand directly before the card.
        start = hit.end() if confidence else hit.start() + 1


def _card(digits: str, *, named: bool) -> float:
    """How sure a number that passes the checksum is a card, 0 where it is none."""
    if _issued(digits, _ISSUERS):
        # One in ten numbers passes the checksum: 13 digits without a word beside them are as often a time in milliseconds.
        return 0.98 if named else 0.8 if len(digits) >= 14 else 0.0
    return 0.9 if named and _issued(digits, _LOOSE_ISSUERS) else 0.0


def _issued(digits: str, issuers: tuple[tuple[int, int, tuple[int, ...]], ...]) -> bool:
    return any(low <= int(digits[: len(str(low))]) <= high and len(digits) in lengths for low, high, lengths in issuers)


# IBAN -----------------------------------------------------------------------------------------------------------------

_IBAN = re.compile(r"(?<![\w\-])[A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,3})?(?!\w)", re.ASCII)
# https://www.swift.com/standards/data-standards/iban-international-bank-account-number (registry, release 99)
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28, "CH": 21,
    "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18,
    "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23,
    "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27,
    "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28,
    "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip


def _ibans(text: str, first: int, last: int) -> Iterator[Match]:
    for hit in _IBAN.finditer(text, first, last):
        length = _IBAN_LENGTHS.get(hit[0][:2])
        if length is None:
            continue
        # Written in groups, it can run on into the next word in capitals: take as much as the country's length says.
        end, seen = hit.start(), 0
        while end < hit.end() and seen < length:
            seen += text[end] != " "
            end += 1
        if seen == length and not text[end : end + 1].isalnum() and _mod_97(text[hit.start() : end].replace(" ", "")):
            yield Match("iban", hit.start(), end, text[hit.start() : end], 0.99)


def _mod_97(iban: str) -> bool:
    """ISO 7064: letters are 10 to 35, the first four characters go to the end."""
    return int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1


# National ids ---------------------------------------------------------------------------------------------------------


_IN_DIGITS = tuple(one for one in NATIONAL_IDS if not one.letters)
_IN_CODES = tuple(one for one in NATIONAL_IDS if one.letters)


def _numbers(text: str, start: int, end: int) -> Iterator[Match]:
    for one in _IN_DIGITS:
        yield from _identified(one, text, start, end)


def _letters_and_digits(text: str, start: int, end: int) -> Iterator[Match]:
    for one in _IN_CODES:
        yield from _identified(one, text, start, end)


def _identified(one: NationalId, text: str, start: int, end: int) -> Iterator[Match]:
    for hit in one.form.finditer(text, start, end):
        plain = "".join(c for c in hit[0] if c.isalnum())
        if one.valid(plain) and (one.context is None or _near(text, hit.start(), hit.end(), one.context)):
            yield _match(one.type, hit, one.confidence)


# Phones ---------------------------------------------------------------------------------------------------------------

_PHONE = re.compile(
    r"(?<![\w@#$€£¥=&%:])(?<![\w)][.,/\-])(?<!\d )"
    r"(?:\+ ?)?\(?\d{1,15}\)?(?:[ .\-/]{0,2}\(?\d{1,15}\)?){0,6}+(?:[ ,]{0,2}(?:x|ext\.? ?|extension )\d{1,6})?+(?![\w@%$€£¥]|[.,:]\d|-\d)",
    re.ASCII | re.IGNORECASE,
)
_EXTENSION = re.compile(r"[ ,]*(?:x|ext\.? ?|extension )\d{1,6}\Z", re.IGNORECASE)
_PHONE_WORDS = re.compile(
    r"(?<!\[)\b(?:(?:tele|cell|i)?phone|phone ?(?:number|no)|tel|téléphone|telefon\w*|teléfono|mobile|mobil|móvil|portable|cell|cellular|fax|call(?:ing|ed)?|dial|sms|text(?:ing)? (?:me|us|him|her)|texts? to|messages? to|whatsapp|hotline|helpline|voicemail|handy|(?:my|his|her|their|our|your) number|pager|reach (?:me|us|him|her)|contact (?:me|us|number|him|her))\b(?!\])",
    re.IGNORECASE,
)
# Beside the number itself these say whose line it is; further off they are ordinary words.
_PHONE_LABEL_BEFORE = re.compile(r"\b(?:(?:t|p|m|f|tel|ph|mob|cell)[.:]?|(?:desk|office|direct|work|home|main|switchboard|line):)\s{0,2}\Z", re.IGNORECASE)  # fmt: skip
_PHONE_LABEL_AFTER = re.compile(
    r"[\s,(\-]{0,3}(?:office|fax|mobile|cell|desk|direct|work|home|main|tel|phone)[ \t]{0,3}(?:$|[\n,;.)|\\])",
    re.IGNORECASE,
)
_NOT_PHONE_BEFORE = re.compile(r"(?:\b(?:zip|postcode|postal code|plz|order|invoice|ref(?:erence)?|ticket|case|id|isbn|issn|sku|part|serial|account|acct|version|page|line|build|port|year)(?: ?(?:number|no\.?|code|id))?\s?(?:is|[#:=])?\s{0,2}|[$€£¥]\s?)\Z", re.IGNORECASE)  # fmt: skip
_DATE = re.compile(r"(?:(?:1[89]|20)\d{2}[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2})(?:[ ,]{1,2}\d{1,4})?")  # fmt: skip
_SSN_FORM = re.compile(r"\d{3}-\d{2}-\d{4}")
_YEARS = re.compile(r"(?:1[89]|20)\d{2}[ /–-]{1,3}(?:(?:1[89]|20)?\d{2})")
_AMERICAN = re.compile(r"(?:1[-. ]?|001[-. ])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-. ])\d{3}[-. ]\d{4}")
_AMERICAN_AMONG = re.compile(rf"(?<![\d\-.])(?:\+?{_AMERICAN.pattern})(?![\d\-])")
_INTERNATIONAL = re.compile(r"(?:\+ ?|00[ -]?)[1-9][\d ().\-/]*")
_NAME_AFTER = re.compile(r",? ?[A-Z][^\W\d_]")
_TRUNK = re.compile(r"\(?0[1-9]\d{0,4}\)?[ .\-/]\d[\d .\-/]*")


def _phones(text: str, first: int, last: int) -> Iterator[Match]:
    for found in _PHONE.finditer(text, first, last):
        # `(phone +44 7700 900123)`: the bracket that closes is no part of it.
        is_closed = found[0].count(")") > found[0].count("(")
        hit = (_PHONE.match(text, found.start(), text.rindex(")", 0, found.end())) if is_closed else None) or found
        start, end = hit.span()
        number = _EXTENSION.sub("", hit[0])
        digits = sum(c.isdigit() for c in number)
        if digits > 15:  # E.164: https://www.itu.int/rec/T-REC-E.164; more are several numbers side by side
            yield from (_match("phone", one, 0.7) for one in _AMERICAN_AMONG.finditer(text, start, end))
        if not 7 <= digits <= 15 or number.count("(") != number.count(")"):
            continue
        if (
            _DATE.fullmatch(number)
            or _YEARS.fullmatch(number)
            or _SSN_FORM.fullmatch(number)
            or _NOT_PHONE_BEFORE.search(text, max(0, start - 24), start)
        ):
            continue
        named = (
            _near(text, start, end, _PHONE_WORDS)
            or _PHONE_LABEL_BEFORE.search(text, max(0, start - 16), start)
            or _PHONE_LABEL_AFTER.match(text, end)
        )
        if _INTERNATIONAL.fullmatch(number) and digits >= 8:
            yield _match("phone", hit, 0.95 if named else 0.85 if number.startswith("+") else 0.7)
        elif _AMERICAN.fullmatch(number):
            yield _match("phone", hit, 0.95 if named else 0.8)
        elif named:
            yield _match("phone", hit, 0.85)
        # A house number and its street look the same: `03262 2437 Main St`.
        elif _TRUNK.fullmatch(number) and 9 <= digits <= 12 and not _NAME_AFTER.match(text, end):
            yield _match("phone", hit, 0.65)


def _near(text: str, start: int, end: int, words: re.Pattern[str]) -> bool:
    """Whether the words stand shortly before the place, or directly behind it."""
    return bool(
        words.search(text, max(0, start - CONTEXT_BEFORE_CHARACTERS), start)
        or words.search(text, end, end + CONTEXT_AFTER_CHARACTERS)
    )


def _match(kind: str, hit: re.Match[str], confidence: float) -> Match:
    return Match(kind, hit.start(), hit.end(), hit[0], confidence)
