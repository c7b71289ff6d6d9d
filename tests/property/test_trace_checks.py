"""What trace checks find does not depend on the order of spans, on which other traces are looked at, or on what was looked at before."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from assay.checks.engine import Checker
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
    return Trace(trace.workspace, trace.trace_id, spans, trace.read, previous=trace.previous, found=trace.found)


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, len(ALL)))
def test_same_findings_whatever_the_order_and_the_neighbours(dice: random.Random, many: int):
    for place in dice.sample(range(len(ALL)), many):
        spans = list(ALL[place].spans)
        dice.shuffle(spans)
        again = fresh(ALL[place], spans)
        found = look(again)
        assert (found, primary(found.findings, again)) == EXPECTED[place]


@settings(max_examples=150, deadline=None)
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
