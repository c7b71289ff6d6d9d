"""Every check of whole traces has traces that it must catch and traces that it must leave alone, in tests/golden/trace_checks/<id>.yaml.

They are written as tests/golden/traces.py tells, and go through the decoder and the span checks as real requests do. `before` is the
turn of the conversation before, `elsewhere` names the documents that another trace with the same question was answered from.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay.checks.chosen import trace_checks_of
from assay.checks.engine import Checker
from assay.checks.trace import NOTHING, Elsewhere, Text, Trace, TraceSpan, read_text, span_of
from assay.checks.traces import TRACE_CHECK_IDS, TRACE_CHECKS, Looked, look
from assay.config.model import Checks, RequiredDisclaimer
from assay.otlp.decode import Decoder
from assay.taxonomy import kinds
from tests.golden.traces import rag, request_of

FOLDER = Path(__file__).parent / "trace_checks"
EXAMPLES = {
    file.stem: yaml.safe_load(file.read_text(encoding="utf-8"))
    for file in FOLDER.glob("*.yaml")
    if file.stem in TRACE_CHECK_IDS
}
CAUGHT = [(name, number) for name in sorted(EXAMPLES) for number in range(len(EXAMPLES[name]["caught"]))]
NOT_CAUGHT = [(name, number) for name in sorted(EXAMPLES) for number in range(len(EXAMPLES[name]["not_caught"]))]


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker()


def trace_of(checker: Checker, example: dict[str, Any], *, backwards: bool = False) -> Trace:
    """The trace of an example, with the turn before it."""
    before = trace_of(checker, {"spans": example["before"], "trace": 999}) if "before" in example else None
    batch = Decoder().traces(request_of(example), workspace="w").spans
    raw = {key[2]: body.text for key, body in batch.bodies.items()}
    found = checker.check(batch, raw.get).findings
    names = list(batch.columns)
    spans = [
        span_of(dict(zip(names, row, strict=True)))
        for row in zip(*(batch.columns[name] for name in names), strict=True)
    ]
    known = {name: read_text(text) for name, text in raw.items()}

    def read(name: bytes) -> Text:
        return known.get(name) or (before.read(name) if before else NOTHING)

    ordered: list[TraceSpan] = spans[::-1] if backwards else spans
    elsewhere = Elsewhere(f"{2:032x}", example["elsewhere"]) if "elsewhere" in example else None
    return Trace(
        "w", f"{example.get('trace', 1):032x}", ordered, read, previous=before.turn if before else None,
        found=frozenset(one.label for one in found), elsewhere=elsewhere,
    )  # fmt: skip


def looked(checker: Checker, example: dict[str, Any]) -> Looked:
    return look(trace_of(checker, example))


def test_findings_are_as_grave_as_the_taxonomy_says():
    assert [check.id for check in TRACE_CHECKS if check.severity not in (None, kinds()[check.label].severity)] == []


def test_every_check_has_examples_and_a_label_of_the_taxonomy():
    assert {check.id for check in TRACE_CHECKS} == set(EXAMPLES)
    assert {check.label for check in TRACE_CHECKS} <= set(kinds())
    assert all(check.id.startswith("trace.") for check in TRACE_CHECKS)
    assert len({check.id for check in TRACE_CHECKS}) == len(TRACE_CHECKS)


@pytest.mark.parametrize(("check_id", "number"), CAUGHT)
def test_caught(checker, check_id, number):
    found = looked(checker, EXAMPLES[check_id]["caught"][number])
    assert check_id in {one.check_id for one in found.findings}, [one.label for one in found.findings]
    assert check_id in {one.partition("@")[0] for one in found.checks.split(",")}


@pytest.mark.parametrize(("check_id", "number"), NOT_CAUGHT)
def test_not_caught(checker, check_id, number):
    found = looked(checker, EXAMPLES[check_id]["not_caught"][number])
    assert [one for one in found.findings if one.check_id == check_id] == []


@pytest.mark.parametrize(("check_id", "number"), CAUGHT)
def test_the_order_of_spans_changes_nothing(checker, check_id, number):
    example = EXAMPLES[check_id]["caught"][number]
    assert look(trace_of(checker, example, backwards=True)) == looked(checker, example)


@pytest.mark.parametrize(
    "pages",
    [
        "\n\nTax: {0}\n\nForms: {1}",
        "\n\nContext:\n{0}\n\n{1}",
        "\n\n---\n<document>\n{0}\n</document>\n<document>\n{1}\n</document>\n---",
    ],
)
def test_the_question_is_found_before_its_pages(checker, pages):
    texts = [
        "Above the allowance of 2,000 crowns 15 percent are due.",
        "The form is sent by 30 April. Late? It costs 15 crowns.",
    ]
    question = "I earned 7,000 crowns. What is left?"
    found = [{"id": str(at), "text": text, "score": 0.8} for at, text in enumerate([*texts, "left"])]
    spans = [
        {"id": 1, "operation": "invoke_agent", "ms": 900},
        {"id": 2, "parent": 1, "operation": "retrieval", "query": "tax", "documents": found, "at_ms": 10, "ms": 50},
        {"id": 3, "parent": 1, "question": question + pages.format(*texts), "answer": "5,000 crowns.", "at_ms": 100},
    ]
    assert trace_of(checker, {"spans": spans}).question == question


def test_a_call_that_grades_the_answer_is_not_the_answer(checker):
    answer = "Refunds take 14 days."
    grader = {
        "id": 4,
        "parent": 1,
        "at_ms": 600,
        "question": f"Context: ...\nAnswer: {answer}",
        "answer": '{"grounded": true}',
    }
    example = rag(1, answer)
    example["spans"].append(grader)
    assert trace_of(checker, example).answer == answer
    # A call that works on a draft gives the answer, and so does JSON that nobody had said before.
    grader |= {"answer": "Refunds take 14 days after the parcel has come back to us."}
    assert trace_of(checker, example).answer == grader["answer"]
    grader |= {"answer": '{"days": 14}', "question": "As JSON?"}
    assert trace_of(checker, example).answer == grader["answer"]


def test_what_the_application_was_given_is_the_question(checker):
    example = rag(1, question="Use these pages. How long do refunds take? Be kind.\nFourteen days? That is it.")
    assert trace_of(checker, example).question == example["spans"][2]["question"]
    given = [{"role": "user", "parts": [{"type": "text", "content": "How long do refunds take?"}]}]
    example["spans"][0]["attributes"] = {"gen_ai.input.messages": json.dumps(given)}
    assert trace_of(checker, example).question == "How long do refunds take?"


def test_what_owners_demand_in_answers_is_not_held_against_them(checker):
    demanded = "For urgent matters dial extension 4400 and ask for the harbour master."
    example = yaml.safe_load(yaml.safe_dump(EXAMPLES["trace.unsupported_claim"]["caught"][0]))
    example["spans"][-1]["answer"] = f"Unworn items can be returned within 30 days of delivery. {demanded}"
    settings = Checks(required_disclaimers=(RequiredDisclaimer(id="urgent", any_of=(demanded,)),))
    trace = trace_of(checker, example)
    assert {"trace.unsupported_number"} <= {one.check_id for one in look(trace, trace_checks_of(Checks())).findings}
    assert look(trace_of(checker, example), trace_checks_of(settings)).findings == ()
