"""Citations: what was given is let go, what was not is named."""

import pytest

from assay.checks.citations import fabricated_citations

IDS = ("doc-1", "doc-2", "kb/handbook.pdf#4")
TEXTS = (
    "Returns take 30 days. More at https://docs.example.com/returns/faq.",
    "As shown in 10.1000/xyz123, the effect is small.",
    "Chapter four of the handbook.",
)


def fabricated(answer: str) -> list[str]:
    return [one.value for one in fabricated_citations(answer, IDS, TEXTS)]


@pytest.mark.parametrize(
    "answer",
    [
        "Returns take 30 days [1].", "See [1, 3] and [2–3].", "As [doc-2] says.", "[Source: doc-1]", "[Document 2] has it.", "(source: handbook.pdf)",
        "More at https://www.docs.example.com/returns/faq/?utm_source=x.", "doi:10.1000/XYZ123", "See [the FAQ](https://docs.example.com/returns/faq).",
        "【2†source】", "So it is [1][2].", "a[1][77]", "See docs.example.com/returns/faq.", "See Section 7 and see Table 12.", "See Account Settings.", "[see page 40]",
        "Use `a[9]` or\n```\nb[12] = [77]\n```", "- [ ] open\n- [x] done", "Write to [email] or [phone].", "x = [1, 7, 9]", "",
    ],
)  # fmt: skip
def test_what_was_given_is_no_fabrication(answer: str) -> None:
    assert fabricated(answer) == []


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        ("Returns take 30 days [4].", ["4"]), ("See [2-5].", ["4", "5"]), ("As [doc-9] says.", ["doc-9"]), ("[Source: guide-7]", ["guide-7"]),
        ("(source: policy-2024.pdf)", ["policy-2024.pdf"]), ("More at https://docs.example.com/warranty.", ["https://docs.example.com/warranty"]),
        ("Thirty days (source: `docs/advanced.md`).", ["docs/advanced.md"]), ("So it is [1][9].", ["9"]), ("It is free (cf. Returns Handbook 2019, p. 3).", ["Returns Handbook 2019"]), ("It is free, see the Consumer Charter.", ["Consumer Charter"]),
        ("Thirty days (see returns-policy-2019).", ["returns-policy-2019"]), ("Thirty days [Trade Circular 22].", ["Trade Circular 22"]),
        ("Thirty days (shop.example/terms-2019).", ["shop.example/terms-2019"]), ("See doi:10.1234/abc.", ["10.1234/abc"]), ("【8†source】", ["8"]), ("[Document 8] has it.", ["Document 8"]),
    ],
)  # fmt: skip
def test_what_was_not_given_is_named(answer: str, values: list[str]) -> None:
    assert fabricated(answer) == values


def test_a_text_that_numbers_itself_gives_that_number() -> None:
    assert not fabricated_citations("So it is [12].", ["a"], ["[12] Smith, 2020. A study."])


def test_without_documents_nothing_can_be_compared() -> None:
    assert not fabricated_citations("So it is [12].", [], [])


def test_places_are_those_of_the_mark() -> None:
    answer = "Fine [1], not fine [9]."
    (one,) = fabricated_citations(answer, IDS, TEXTS)
    assert answer[one.start : one.end] == "[9]"


def test_numbers_that_a_prompt_gives_are_the_only_ones() -> None:
    prompt = "[1] Returns: 30 days.\n[2] Shipping: 3 days."
    ids, texts = ["a", "b", "c", "d"], ["30 days.", "3 days.", "x", "y"]
    assert [one.value for one in fabricated_citations("So [2], not [4].", ids, texts, [prompt])] == ["4"]
    assert not fabricated_citations("So [2] and [4].", ids, texts)
    assert not fabricated_citations("See https://example.com/a.", ids, texts, ["More at https://example.com/a"])


@pytest.mark.parametrize(
    "answer",
    [
        "Excluded [Guarantee terms v2, §3b].",
        "No, they lapse (Reglamento disciplinario, art. 12.4).",
        "Not yet [Convention collective, art. 31].",
        "Nights at 17 degrees (siehe Mietvertrag, Anlage 7).",
        "Up to 40 cm.\nSources: pool-rules, pool-prices-2",
        "Up to 40 cm. (source: pool-prices)",
    ],
)
def test_a_paper_that_nobody_gave(answer: str) -> None:
    assert fabricated_citations(answer, ["pool-rules", "pool-hours"], ["The pool is open from 9 to 18."])


@pytest.mark.parametrize(
    "answer",
    [
        "From 9 [Pool rules, p. 2].",
        "Up to 40 cm.\nSources: pool-rules, pool-hours",
        "Every week (Monday, no later than 5 pm).",
        "Rent is due on the 1st (Clause 4.1).",
        "It is open (except on holidays, see page 3).",
        "Sources: well-known facts and self-made notes.",
    ],
)
def test_a_paper_that_was_given_or_is_none(answer: str) -> None:
    assert not fabricated_citations(answer, ["pool-rules", "pool-hours"], ["Pool rules: it is open from 9 to 18."])
