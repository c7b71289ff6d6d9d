"""What holds for every answer and context: places are right, order and repetition of contexts do not matter, shortcuts agree."""

from hypothesis import given, settings
from hypothesis import strategies as st

from assay.checks.citations import fabricated_citations
from assay.checks.contradiction import contradiction_between, contradicts
from assay.checks.grounding import judge, without_support
from assay.checks.names import unsupported_names
from assay.checks.numbers import unsupported_numbers
from assay.checks.prose import blanked, sentences
from assay.checks.quantities import quantities

PIECES = (
    "The counter closes 45 minutes before departure. ", "Light tickets cannot be changed. ", "Refunds take 5 to 7 working days! ", "1,200 euros", "$3.5 million ",
    "5 March 2026", "2026-03-05 ", "half an hour ", "25% ", "v2.3.1 ", "[3]", "[doc-9] ", "https://example.com/a?b=1 ", "10.1000/xyz ", "`x = 12`", "```\ncode 99\n```\n",
    "\n1. ", "\n- ", "Dr. Maria Lindqvist ", "DW40 ", "Yes, ", "no ", "I think ", "Is it? ", "e.g. ", "&shy;", "\xad", "é", "İ", "的", "。", "…", "\u00a0", "| a | b |\n|---|---|\n",
    "(source: a.pdf)", "【2†s】", ":", "?", "don't ", "national football league ", "National Football League ", "NFL ", "9:75 ", "31/31/2031 ", "00", "..", "1.2.3.4 ",
)  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=14).map(" ".join)
contexts = st.lists(texts, min_size=1, max_size=3)


@settings(max_examples=300)
@given(texts)
def test_places_are_in_order_and_verbatim(text: str) -> None:
    prose = blanked(text)
    assert len(prose) == len(text)
    end = 0
    for start, stop in sentences(prose):
        assert end <= start < stop <= len(text)
        assert prose[start:stop] == prose[start:stop].strip()
        end = stop
    end = 0
    for one in quantities(text):
        assert end <= one.start < one.end
        assert text[one.start : one.end] == one.text
        assert one.values
        end = one.end


@settings(max_examples=300)
@given(texts, contexts, texts)
def test_a_judgement_is_the_same_whatever_the_order_of_contexts(answer: str, basis: list[str], question: str) -> None:
    found = judge(answer, basis, question)
    again = judge(answer, [*reversed(basis), basis[0]], question)
    assert found.supported == again.supported
    assert [(one.start, one.end, one.words, one.numbers, one.names) for one in found.sentences] == [
        (one.start, one.end, one.words, one.numbers, one.names) for one in again.sentences
    ]
    assert 0 <= found.score <= 1
    for one in found.sentences:
        assert answer[one.start : one.end].strip() == answer[one.start : one.end]


@settings(max_examples=300)
@given(texts, contexts, texts)
def test_the_shortcut_says_what_the_judgement_says(answer: str, basis: list[str], question: str) -> None:
    judged = tuple(one for one in judge(answer, basis, question).sentences if one.support == "none")
    assert without_support(answer, basis, question) == judged


@settings(max_examples=200)
@given(texts, contexts)
def test_what_a_text_says_itself_is_never_held_against_it(answer: str, basis: list[str]) -> None:
    assert unsupported_numbers(answer, [answer, *basis]) == ()
    assert unsupported_names(answer, [answer, *basis]) == ()
    assert without_support(answer, [answer, *basis]) == ()
    assert contradiction_between(answer, answer) is None


@settings(max_examples=200)
@given(texts, contexts)
def test_every_text_can_be_read(answer: str, basis: list[str]) -> None:
    for one in fabricated_citations(answer, ["doc-1"], basis):
        assert 0 <= one.start < one.end <= len(answer)
    for start, end in sentences(blanked(answer)):
        found = contradicts(answer[start:end], basis[0])
        assert found is None or 0 <= found.start < found.end <= end - start
    contradiction_between(answer, basis[0])
