"""What trace checks find does not depend on the order of spans, on which other traces are looked at, or on what was looked at before."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from assay.checks.engine import Checker
from assay.checks.finding import Finding
from assay.checks.steps import mended
from assay.checks.trace import Trace
from assay.checks.traces import TRACE_CHECK_IDS, look, primary
from assay.taxonomy import kinds
from tests.golden.test_trace_checks import EXAMPLES, trace_of

CHECKER = Checker()
ALL = [
    trace_of(CHECKER, example) for name in sorted(EXAMPLES) for way in ("caught", "not_caught") for example in EXAMPLES[name][way]
]  # fmt: skip
EXPECTED = [(look(trace), primary(look(trace).findings, trace)) for trace in ALL]


def fresh(trace: Trace, spans):
    return Trace(
        trace.workspace,
        trace.trace_id,
        spans,
        trace.read,
        previous=trace.previous,
        found=trace.found,
        elsewhere=trace.elsewhere,
    )


@settings(max_examples=60)
@given(st.randoms(use_true_random=False), st.integers(1, len(ALL)))
def test_same_findings_whatever_the_order_and_the_neighbours(dice: random.Random, many: int):
    for place in dice.sample(range(len(ALL)), many):
        spans = list(ALL[place].spans)
        dice.shuffle(spans)
        again = fresh(ALL[place], spans)
        found = look(again)
        assert (found, primary(found.findings, again)) == EXPECTED[place]


@settings(max_examples=150)
@given(st.data())
def test_any_part_of_a_trace_can_be_looked_at(data):
    trace = data.draw(st.sampled_from(ALL))
    spans = data.draw(st.lists(st.sampled_from(list(trace.spans)), min_size=1, unique_by=lambda span: span.span_id))
    part = fresh(trace, spans)
    found = look(part)
    ids = {span.span_id for span in spans} | {""}
    asked = {one.partition("@")[0] for one in found.checks.split(",") if one}
    assert asked <= TRACE_CHECK_IDS
    for one in found.findings:
        assert one.label in kinds()
        assert one.check_id in asked
        assert one.span_id in ids
        assert one.evidence
    assert (primary(found.findings, part) is None) == all(one.severity == "info" for one in found.findings)


def test_a_huge_trace_is_looked_at_in_the_time_of_a_few_others():
    # Steps, documents and failed calls are compared with each other: without bounds this ends in the time limit of the test run.
    calls = [
        {"id": 10 + n, "parent": 1, "operation": "execute_tool", "tool": f"step_{n % 700}", "arguments": f'{{"n": {n % 900}}}', "at_ms": n}
        for n in range(6_000)
    ]  # fmt: skip
    refused = [
        {"id": 20_000 + n, "parent": 1, "question": "Q", "answer": "A", "error": "429", "attributes": {"error.type": "RateLimitError"}, "at_ms": 9_000 + n}
        for n in range(3_000)
    ]  # fmt: skip
    documents = [
        {"id": f"d{n}", "score": 0.9, "version": f"v{n % 7}", "text": f"Item {n} can be returned within {n % 90} days of delivery to the shop."}
        for n in range(3_000)
    ]  # fmt: skip
    told = "\n".join(str(one["text"]) for one in documents)
    search = {"id": 2, "parent": 1, "operation": "retrieval", "query": "return window", "documents": documents}
    chat = {
        "id": 3,
        "parent": 1,
        "at_ms": 20_000,
        "question": f"{told}\nQuestion: How long?",
        "answer": "It is 12 days. " * 200,
    }
    trace = trace_of(
        CHECKER, {"spans": [{"id": 1, "operation": "invoke_agent", "ms": 30_000}, *calls, *refused, search, chat]}
    )
    found = look(trace)
    assert found.checks
    failed = [
        Finding("serving_bottleneck.rate_limited", "serving.rate_limited", 1, trace.trace_id, span.span_id, "generation", "error", 1.0)
        for span in trace.spans
        if span.failed
    ]  # fmt: skip
    assert len(failed) == 3_000
    assert not any(mended(one, trace) for one in failed)
    assert primary([*failed, *found.findings], trace) is not None
