"""Which questions are held against those of other traces: only where some trace lacks a source and another found one."""

from typing import Any

from assay.scorer.asked_before import DAY_NS, Questions


def row(standing: str, question: bytes = b"q", start: int = 5, document: bytes = b"d") -> dict[str, Any]:
    return {
        "workspace": "w", "question": question, "start_time": start, "standing": standing, "documents": [document], "document_ids": [],
    }  # fmt: skip


def test_a_question_that_nobody_answered_or_nobody_lacks_is_not_looked_up() -> None:
    questions = Questions()
    assert questions.store(row("lacking"), "")
    assert questions.store(row("answered", b"other"), "")
    assert questions.moved == {}
    assert questions.store(row("answered", start=9), "")
    assert questions.moved == {("w", b"q"): (9, 9)}
    assert questions.store(row("lacking", b"other", start=2), "")
    assert set(questions.moved) == {("w", b"q"), ("w", b"other")}
    questions.settle()
    assert questions.moved == {}


def test_of_the_answers_of_a_day_that_rest_on_the_same_documents_the_earliest_is_stored() -> None:
    questions = Questions()
    assert questions.store(row("answered"), "")
    assert not questions.store(row("answered", start=6), "")
    assert questions.store(row("answered", start=4), "")
    assert questions.store(row("answered", start=6, document=b"e"), "")
    assert questions.store(row("answered", start=6 + DAY_NS), "")
    assert questions.store(row("neither", start=4), "answered"), "one that counted does so no longer"
    assert questions.store(row("answered", start=6), "")


def test_a_process_that_starts_is_told_what_is_stored() -> None:
    questions = Questions()
    questions.know(("w", b"q"), 5, lacks=False, found=True)
    questions.know(("w", b"other"), 5, lacks=True, found=False)
    questions.store(row("lacking", start=8), "")
    questions.store(row("answered", b"other", start=8), "")
    assert set(questions.moved) == {("w", b"q"), ("w", b"other")}
