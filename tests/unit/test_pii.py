"""Personal data: every form with its check digits, and the numbers that only look like it."""

import pytest

from assay.checks.match import Match, apart, mask
from assay.checks.pii import find_pii
from tests.unit.scan import scanned


def said(text: str) -> list[tuple[str, str]]:
    found = [(one.type, one.value) for one in find_pii(text)]
    assert scanned(text, "pii") or not found, "the scan misses what the finder finds"
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Write to jane.roe+x@mail.example.co.uk.", ("email", "jane.roe+x@mail.example.co.uk")),
        ("müller@straße.de antwortet", ("email", "müller@straße.de")),
        ("call me at +46 (0)8 928 571 38 tomorrow", ("phone", "+46 (0)8 928 571 38")),
        ("(555) 010-4477", ("phone", "(555) 010-4477")),
        ("Phone:\n467 3395\n", ("phone", "467 3395")),
        ("3660170548-Fax", ("phone", "3660170548")),
        ("Fax: 345-899-3560x4587", ("phone", "345-899-3560x4587")),
        ("my card 4111 1111 1111 1111, please", ("card", "4111 1111 1111 1111")),
        ("amex 3782-822463-10005", ("card", "3782-822463-10005")),
        ("paid with card 630427373398", ("card", "630427373398")),
        ("DE89 3704 0044 0532 0130 00 IS MINE", ("iban", "DE89 3704 0044 0532 0130 00")),
        ("GB82WEST12345698765432", ("iban", "GB82WEST12345698765432")),
        ("SSN 078-05-1120.", ("ssn", "078-05-1120")),
        ("her social security number is 078051120", ("ssn", "078051120")),
        ("from 203.0.113.77:8080", ("ip", "203.0.113.77")),
        ("host 2001:db8::8a2e:370:7334 answered", ("ip", "2001:db8::8a2e:370:7334")),
        ("CPF 529.982.247-25", ("br_cpf", "529.982.247-25")),
        ("DNI 12345678Z", ("es_dni", "12345678Z")),
        ("codice RSSMRA85T10A562S", ("it_codice_fiscale", "RSSMRA85T10A562S")),
        ("NIR 2 55 08 14 168 025 38", ("fr_nir", "2 55 08 14 168 025 38")),
        ("Steuer-ID 86 095 742 719", ("de_steuer_id", "86 095 742 719")),
        ("PESEL 44051401359", ("pl_pesel", "44051401359")),
        ("BSN 111222333", ("nl_bsn", "111222333")),
        ("811228-9874", ("se_personnummer", "811228-9874")),
        ("131052-308T", ("fi_hetu", "131052-308T")),
        ("NHS number 943 476 5919", ("gb_nhs", "943 476 5919")),
        ("her case (phone +44 7700 900123), closed", ("phone", "+44 7700 900123")),
        ("(call (020) 7946 0958)", ("phone", "(020) 7946 0958")),
        ("NINO AB 12 34 56 C", ("gb_nino", "AB 12 34 56 C")),
        ("SIN 046 454 286", ("ca_sin", "046 454 286")),
        ("TFN 123 456 782", ("au_tfn", "123 456 782")),
        ("Aadhaar 2341 2341 2346", ("in_aadhaar", "2341 2341 2346")),
        ("PAN ABCPE1234F", ("in_pan", "ABCPE1234F")),
        ("S1234567D", ("sg_nric", "S1234567D")),
        ("11010519491231002X", ("cn_resident_id", "11010519491231002X")),
        ("HEGG560427MVZRRL04", ("mx_curp", "HEGG560427MVZRRL04")),
        ("passport number C01234567", ("passport", "C01234567")),
    ],
)
def test_it_is_found(text: str, found: tuple[str, str]) -> None:
    assert said(text) == [found]


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112 fails the checksum",
        "DE89 3704 0044 0532 0130 01 fails the checksum",
        "CPF 529.982.247-26 fails the checksum",
        "12345678A fails the checksum",
        "000-12-3456, 666-12-3456 and 123-00-4567 were never given out",
        "2026-11-21 07:41:44.123456",
        "21.11.2026 and 11/21/2026",
        "1700000000000 ms, 1700000000 s",
        "$1,234,567.89 of 12345678",
        "version 1.2.3.4, Python-3.4.2.4, 127.0.0.1, 0.0.0.0, 255.255.255.0",
        "at 12:30:59, std::vector, a::b",
        "trace 4bf92f3577b34da6a3ce929d0e0e4736",
        "0190f3a5-8c4e-7d1b-9a5e-4111111111111111",
        "@property and user@host and a@b",
        "order number 5551234567",
        "ISBN 978-3-16-148410-0",
        "1990 - 2005",
        "0645 2437 Main Street",
        "[redacted:email] [redacted:phone] 467 3395",
    ],
)
def test_it_only_looks_like_it(text: str) -> None:
    assert said(text) == []


def test_numbers_side_by_side_are_told_apart() -> None:
    text = "call +1-984-182-0190 781 1704 4111 1111 1111 1111"
    assert said(text) == [("phone", "+1-984-182-0190"), ("card", "4111 1111 1111 1111")]


def test_a_private_address_is_less_sure_than_a_public_one() -> None:
    private, public = find_pii("from 10.0.0.7 to 93.184.216.34")
    assert (private.confidence, public.confidence) == (0.6, 0.9)


def test_a_password_in_a_url_is_no_email() -> None:
    assert said("https://bob:hunter22@example.com/x") == []


def test_masking_leaves_the_type_and_covers_what_overlaps() -> None:
    text = "abcdefgh"
    matches = [Match("long", 1, 5, "bcde", 0.5), Match("short", 4, 6, "ef", 0.9), Match("end", 7, 8, "h", 1.0)]
    assert mask(text, matches) == "a[redacted:long]g[redacted:end]"
    assert mask(text, []) == text


def test_of_matches_over_each_other_the_surer_stays() -> None:
    sure, longer = Match("sure", 2, 4, "cd", 0.9), Match("longer", 0, 6, "abcdef", 0.5)
    assert apart([longer, sure]) == (sure,)
