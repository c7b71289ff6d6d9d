"""Findings depend on the spans alone: not on how a sender cut its requests, not on their order, not on when they are looked at."""

import random
from datetime import UTC, datetime

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay.checks.chosen import checks_of
from assay.otlp.decode import Decoder
from assay.scorer.remap import remap
from assay.scorer.settle import drain
from assay.simulate.policy import policy
from assay.simulate.traffic import syllabus

UNTIL_NS = 1_795_000_000_000_000_000
SINCE = datetime(2026, 9, 1, tzinfo=UTC)
CHECKS = checks_of(policy())
# Hashes of texts are those of a workspace.
FINDINGS = (
    "SELECT * EXCEPT (workspace, finding_id) REPLACE (replaceRegexpAll(evidence, '\"text_hash\":\"[0-9a-f]*\"', '') AS evidence) "
    "FROM findings WHERE workspace = {workspace:String} ORDER BY ALL"
)
PRIMARY = (
    "SELECT trace_id, checks, primary_label, primary_stage, primary_span_id, signals, signal_traces FROM trace_labels FINAL "
    "WHERE workspace = {workspace:String} AND retracted = 0 ORDER BY trace_id"
)
ROWS = "SELECT * EXCEPT (inserted_at, version) FROM finding_rows FINAL ORDER BY ALL"


def shuffled(requests, seed):
    """The same spans in other requests, those of one trace apart and in any order."""
    dice = random.Random(seed)
    loose = [
        (resource.resource, scope.scope, span)
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    dice.shuffle(loose)
    while loose:
        size = dice.choice((1, 7, 40, 200))
        made = ExportTraceServiceRequest()
        for resource, scope, span in loose[:size]:
            inner = made.resource_spans.add(resource=resource).scope_spans.add(scope=scope)
            inner.spans.append(span)
        loose = loose[size:]
        yield made


def said(store, workspace):
    return [store.rows(statement, {"workspace": workspace}) for statement in (FINDINGS, PRIMARY)]


def test_neither_requests_nor_order_nor_another_look_change_a_finding(store, writer, receive):
    """Every fault of the simulator once, and clean traces."""
    requests = [one.request for one in syllabus(seed=5, each=1, clean=30, until_ns=UNTIL_NS)]
    assert receive(*requests, workspace="whole", checks=CHECKS) > 400
    assert receive(*shuffled(requests, 1), workspace="shuffled", checks=CHECKS) > 400
    drain(store, writer, Decoder())
    whole, rows = said(store, "whole"), store.rows(ROWS)
    assert len({row["label"] for row in whole[0]}) > 35
    assert said(store, "shuffled") == whole
    looked_at = sum(done.spans for done in remap(store, writer, Decoder(), since=SINCE, every_span=True, checks=CHECKS))
    assert looked_at > 800
    drain(store, writer, Decoder())
    assert store.rows(ROWS) == rows
    assert [said(store, "whole"), said(store, "shuffled")] == [whole, whole]
