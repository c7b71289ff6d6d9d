"""What is no prose is blanked out, in a time that grows with the text only."""

import pytest

from assay.checks.prose import blanked, sentences


@pytest.mark.parametrize(
    "mark",
    [
        "[3]",
        "[1, 2]",
        "[doc-12]",
        "[see Table 3]",
        "[docs/iam/keys-2]",
        "[KB #151]",
        "【4†source】",
        "(see: handbook.pdf)",
    ],
)
def test_citations_are_no_prose(mark):
    assert blanked(f"Keys expire {mark} after a day.") == f"Keys expire {' ' * len(mark)} after a day."


@pytest.mark.parametrize("text", ["Keys [of a user] expire.", "[link](https://example.org/1) x"])
def test_other_brackets_are(text):
    assert blanked(text).startswith(text[:7])


@pytest.mark.parametrize(
    "piece", ["[" + "a" * 40, "[a-b ", "[^a:", "[1,2,", "[docs/", "|--", "(source: ", "`", "&a;&", "- * "]
)
def test_hostile_texts_take_no_longer_than_others(piece):
    # With a pattern that tries again what it has tried, this ends in the time limit of the test run.
    text = piece * 4_000
    assert len(blanked(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hi there, No. Any address will do.", ["Hi there, No.", "Any address will do."]),
        ("See No. 7 of the list. It is short.", ["See No. 7 of the list.", "It is short."]),
    ],
)
def test_no_is_short_for_number_before_a_number(text, said):
    assert [text[start:end] for start, end in sentences(text)] == said
