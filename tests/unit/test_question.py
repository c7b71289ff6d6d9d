"""What the user asked, without the pages that an application writes before or behind it."""

import pytest

from assay.checks import trace
from assay.checks.asked import asked

PAGE = "Refunds take 14 days after we get the parcel. Is it lost? Then we look for it."


@pytest.mark.parametrize(
    ("message", "question"),
    [
        ("How long do refunds take?", "How long do refunds take?"),
        (f"Context:\n{PAGE}\n\nQuestion: How long do refunds take?", "How long do refunds take?"),
        (f"<context>\n{PAGE}\n</context>\nHow long do refunds take?", "How long do refunds take?"),
        ("How long do refunds take?\n\nContext:\nRefunds take 14 days.", "How long do refunds take?"),
        ("How long do refunds take?\n\n---\n[1] Refunds take 14 days.\n---", "How long do refunds take?"),
        (
            "How long do refunds take?\n\n---\n<document>\nRefunds take 14 days.\n</document>\n---",
            "How long do refunds take?",
        ),
        ("Wie lange dauert es?\n\nAus den Dokumenten:\nVierzehn Tage.", "Wie lange dauert es?"),
        # A question at the end counts, whatever stands before the pages.
        (
            "Ready? Use these.\n\nContext:\nRefunds take 14 days.\n\nHow long do refunds take?",
            "Ready? Use these.\n\nContext:\nRefunds take 14 days.\n\nHow long do refunds take?",
        ),
        (
            f"<question>How long do refunds take?</question>\n<documents>\n{PAGE}\n</documents>\nAnswer with the documents above.",
            "How long do refunds take?",
        ),
        ('{"question": "How long do refunds take?", "context": [{"text": "14 days."}]}', "How long do refunds take?"),
        (f"Q: What is a parcel?\nA: A box.\n\n{PAGE}\n\nQ: How long do refunds take?\nA:", "How long do refunds take?"),
        (f"Context:\n{PAGE}\n\nQuestion: How long do refunds take?\n\nAnswer: ", "How long do refunds take?"),
        (f"### Question\nrefunds how long\n\n### Documents\n#### [1] Refunds\n{PAGE}", "refunds how long"),
        (
            f"# Sources\n{PAGE}\n\n# User question\nHow long do refunds take?\n## Details\nIt was lost.",
            "How long do refunds take?\n## Details\nIt was lost.",
        ),
        # What only looks like it is left as it is.
        ("### Question of the day\nHow long do refunds take?", "### Question of the day\nHow long do refunds take?"),
        ('{"context": "14 days."}', '{"context": "14 days."}'),
        (
            "Question: How long do refunds take?\n\nContext:\nRefunds take 14 days. Is it lost?",
            "How long do refunds take?",
        ),
        # What stands before it may be the pages.
        ("Rules.\n\nQuestion: How long?\n\nContext:\nRefunds.", "How long?\n\nContext:\nRefunds."),
        ("Is <question></question> a tag?", "Is <question></question> a tag?"),
        ("refunds how long\n\nContext:\n### Refunds\nRefunds take 14 days.", "refunds how long"),
        ('refunds how long\n\nContext (JSON):\n[{"text": "14 days."}]', "refunds how long"),
        # Either may be asked.
        (
            "Be brief and kind\n\nContext:\n14 days.\n\nrefunds how long",
            "Be brief and kind\n\nContext:\n14 days.\n\nrefunds how long",
        ),
        # Nothing is asked before the pages.
        ("Use these pages.\n\nContext:\nRefunds take 14 days.", "Use these pages.\n\nContext:\nRefunds take 14 days."),
    ],
)
def test_a_message_as_it_was_asked(message: str, question: str) -> None:
    assert asked(message).strip() == question


@pytest.mark.parametrize(
    "end", ["\n" * 40_000, "\n \t" * 20_000, "\n" + "-" * 40_000, "\n---" + " " * 40_000, "\n-- " * 20_000]
)
def test_a_message_that_ends_with_nothing_is_read_once(end: str) -> None:
    assert asked(f"Why? Context:{end}").strip() == f"Why? Context:{end}".strip()


def test_letters_without_end_behind_the_pages_are_read_once() -> None:
    assert trace._SAYS.search("x" * 200_000) is None


@pytest.mark.parametrize(
    "text", ["<question>" * 40_000 + "</", "{" * 200_000 + "}", "\nQ:" * 40_000 + "\nA:", "A" * 200_000]
)
def test_marks_without_end_are_read_once(text: str) -> None:
    assert asked(text) in text
