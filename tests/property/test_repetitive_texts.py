"""Anybody may write anything again and again: every check ends, whatever stands in questions, answers, documents and results.

A pattern that tries the same characters in several ways, or a loop over pairs, is nothing on ordinary texts and minutes on these; such a
test does not end before the time limit of the test run.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.checks.engine import Checker
from assay.checks.traces import look
from tests.golden.test_trace_checks import trace_of

CHECKER = Checker()
CHARACTERS = 20_000

WERE_SLOW = [
    ("[A", "a-"), ("[A", "_a-"), ("see aa", "_a"), ("```json", " "), ("```json", "\n"), ("", "\n"), ("Question", "\n"), ("", "\r\n"),
    ("", "\n* "), ("", "\n1. "), ("", "-1"), ("£1", "€1"), ("[A", "3 items, "), ("", "Aa 12 kg "), ("see Aa", "£3 "), ("total ", "_1. "),
    ("In total: ", "10:15 or 3 minutes before, "),
]  # fmt: skip
PIECES = (
    "a", "A ", "Aa-", "1", "12 kg ", "£3 ", "50% ", "10:15 ", "12/3/2024 ", "v1.2 ", "-", "_", ".", "/", " ", "\n", "\t", "(", ")", "[", "]", "{", "}", "<", ">",
    "|", "`", "```", "\"", "'", "“", ":", ", ", ";", "!", "?", "*", "#", "@", "=", "%", "\\", "ä", "€", "é", "\u2003", "[1]", "【1】", "see ", "http://", "not ", "is ",
    "I have ", " and", "user: ", "question:", "no 7 ", "total ", "It is 3. ", "x@y.z ", "+1 555 ", "the ",
)  # fmt: skip


def looked_at(first: str, second: str, third: str) -> str:
    """Checks that were asked of a trace of these texts: question, documents and answer."""
    documents = [{"id": "r", "text": second, "score": 0.9}, {"id": "s", "text": f"{third} x 5", "score": 0.8}]
    trace = trace_of(
        CHECKER,
        {
            "spans": [
                {"id": 1, "operation": "invoke_agent", "ms": 900},
                {"id": 2, "parent": 1, "operation": "retrieval", "query": first, "documents": documents, "at_ms": 10},
                {"id": 4, "parent": 1, "operation": "execute_tool", "tool": "find", "arguments": first, "result": second, "at_ms": 50},
                {"id": 3, "parent": 1, "question": first, "answer": third, "system": second, "results": [second], "history": [(first, third)], "at_ms": 100},
            ]
        },
    )  # fmt: skip
    return look(trace).checks


@pytest.mark.parametrize(("begins", "again"), WERE_SLOW)
def test_what_was_slow_once(begins: str, again: str):
    text = begins + again * (CHARACTERS // len(again))
    assert looked_at(text, text + "x", text + "y")
    assert looked_at("Total?", "It costs £3, half.", text)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from(PIECES), st.lists(st.sampled_from(PIECES), min_size=1, max_size=3)),
        min_size=3,
        max_size=3,
    )
)
def test_any_text_again_and_again(drawn: list[tuple[str, list[str]]]):
    assert looked_at(*(begins + "".join(again) * 1_500 for begins, again in drawn))
