"""Findings depend on spans alone: not on the batch's boundaries, not on its order, not on what else the checker has seen."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.checks.check import Check, Spans
from assay.checks.engine import CHECKS, Checker, finding_id
from assay.checks.finding import Evidence
from assay.otlp.decode import Decoder
from tests.golden.test_checks import EXAMPLES, request_of

SPANS = [span for one in EXAMPLES.values() for kind in ("caught", "not_caught") for span in one[kind]]
CHECKER = Checker()


def labelled(spans, checker=CHECKER):
    """Findings and asked checks by span, spans told apart by their place in `SPANS`."""
    request = request_of([SPANS[index] for index in spans])
    for index, span in zip(spans, request.resource_spans[0].scope_spans[0].spans, strict=True):
        span.trace_id, span.span_id = (index + 1).to_bytes(16, "big"), (index + 1).to_bytes(8, "big")
    batch = Decoder().traces(request, workspace="w").spans
    texts = {key[2]: body.text for key, body in batch.bodies.items()}
    checked = checker.check(batch, texts.get)
    asked = dict(zip(batch.columns["trace_id"], checked.checks, strict=True))
    found = {finding_id("w", one): one for one in checked.findings}
    return found, asked


@settings(max_examples=40)
@given(st.permutations(range(len(SPANS))), st.integers(1, 20))
def test_neither_order_nor_boundaries_matter(order, size):
    whole, asked = labelled(list(range(len(SPANS))))
    found, asked_in_parts = {}, {}
    for first in range(0, len(order), size):
        some, checks = labelled(order[first : first + size])
        found |= some
        asked_in_parts |= checks
    assert found == whole
    assert asked_in_parts == asked


def test_a_fresh_checker_finds_the_same():
    everything = list(range(len(SPANS)))
    assert labelled(everything, Checker()) == labelled(everything)


def _raises(spans: Spans, row: int):
    if spans.columns["trace_id"][row].endswith("03"):
        raise ValueError("this one")
    yield Evidence(note="seen")


def _raises_at_once(spans: Spans) -> list[int]:
    if any(spans.columns["trace_id"][row].endswith("03") for row in spans.rows):
        raise ValueError("somewhere in here")
    return list(spans.rows)


@pytest.mark.parametrize("broken", ["find", "applies"])
def test_a_check_that_raises_costs_only_its_own_finding_on_that_span(broken):
    check = Check(
        "x.broken", "output_format.empty", 1, lambda spans: list(spans.rows), lambda *_: [Evidence(note="seen")]
    )
    check = replace(check, find=_raises) if broken == "find" else replace(check, applies=_raises_at_once)
    found, asked = labelled(list(range(6)), Checker((check, *CHECKS)))
    seen = {one.trace_id[-2:] for one in found.values() if one.check_id == "x.broken"}
    assert seen == {"01", "02", "04", "05", "06"}
    assert {trace[-2:] for trace, checks in asked.items() if "x.broken@1" not in checks} == {"03"}
    without, _ = labelled(list(range(6)))
    assert {key: one for key, one in found.items() if one.check_id != "x.broken"} == without
