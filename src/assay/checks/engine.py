"""Runs checks over a batch: findings, and for every span the versions of the checks that could be asked of it.

    SpanBatch + texts ─► applies ─► suspects ─► find ─► Findings, `checks` column

A check that raises is run again span by span; only the culprit goes without it, and is counted.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import msgspec

from assay import telemetry
from assay.checks import context, coverage, output, retrieval, safety, serving, tools
from assay.checks.check import Check, Spans
from assay.checks.finding import Finding
from assay.checks.text import Lookup, Texts
from assay.spans.batch import SpanBatch
from assay.spans.columns import BY_NAME, NO_BODY
from assay.taxonomy import kinds

CHECKS: tuple[Check, ...] = (
    *output.CHECKS, *tools.CHECKS, *retrieval.CHECKS, *context.CHECKS, *coverage.CHECKS, *serving.CHECKS, *safety.CHECKS,
)  # fmt: skip
"""Every check over spans."""

READ = (
    "answer", "system_prompt", "question", "tool_arguments", "tool_result", "retrieval_query",
    "input_messages", "output_messages", "tool_call_arguments", "document_texts",
)  # fmt: skip
"""Columns whose texts are scanned."""

evidence_json = msgspec.json.Encoder(order="deterministic").encode


@dataclass(slots=True)
class Checked:
    """What the checks say about a batch."""

    findings: list[Finding] = field(default_factory=list)
    """In order of rows; within a row in order of label and check."""
    rows: list[int] = field(default_factory=list)
    """The row of each finding."""
    checks: list[str] = field(default_factory=list)
    """By row: `id@version` of the checks that could be asked, sorted and joined by commas."""


class Checker:
    """The checks with what they remember. One thread at a time."""

    def __init__(self, checks: Sequence[Check] = CHECKS) -> None:
        self._checks = sorted(checks, key=lambda check: check.id)
        self._texts = Texts({check.id: check.patterns for check in self._checks if check.patterns})
        self._sets: dict[int, str] = {0: ""}

    def check(self, batch: SpanBatch, lookup: Lookup) -> Checked:
        """Findings of a batch; the same whatever the batch's boundaries and order are."""
        spans = Spans(batch, self._texts, range(batch.rows))
        self._texts.enter(_hashes(batch), lookup)
        asked = [0] * batch.rows
        found: list[tuple[int, Finding]] = []
        # Many checks can be asked of the same rows, and then they give the same list.
        together: dict[int, tuple[list[int], int]] = {}
        for bit, check in enumerate(self._checks):
            rows = _applicable(check, spans, found)
            _, bits = together.get(id(rows), (rows, 0))
            together[id(rows)] = rows, bits | 1 << bit
        for rows, bits in together.values():
            for row in rows:
                asked[row] |= bits
        found.sort(key=lambda one: (one[0], one[1].label, one[1].check_id))
        for bits in set(asked).difference(self._sets):
            self._sets[bits] = ",".join(
                f"{check.id}@{check.version}" for bit, check in enumerate(self._checks) if bits >> bit & 1
            )
        return Checked(
            [finding for _, finding in found], [row for row, _ in found], [self._sets[bits] for bits in asked]
        )


def finding_id(workspace: str, finding: Finding) -> bytes:
    """16 bytes that name a finding: the same finding is the same row, however often it is written."""
    content = "\0".join(
        (
            workspace, finding.trace_id, finding.span_id, finding.label, finding.check_id, str(finding.check_version),
            evidence_json(finding.evidence).decode(),
        )
    )  # fmt: skip
    return hashlib.blake2b(content.encode("utf-8", "replace"), digest_size=16).digest()


def _applicable(check: Check, spans: Spans, found: list[tuple[int, Finding]]) -> list[int]:
    try:
        rows = check.applies(spans)
        suspects = check.suspects(spans, rows) if rows else ()
    except Exception:  # noqa: BLE001 - whatever a check does wrong, it costs its own finding only
        rows, suspects = _one_by_one(check, spans)
    for row in suspects:
        try:
            evidence = tuple(check.find(spans, row))
        except Exception:  # noqa: BLE001 - as above
            telemetry.count("assay_check_errors_total", 1, check=check.id)
            rows = [one for one in rows if one != row]
            continue
        if evidence:
            found.append((row, _finding(check, spans, row, evidence)))
    return rows


def _one_by_one(check: Check, spans: Spans) -> tuple[list[int], list[int]]:
    rows: list[int] = []
    suspects: list[int] = []
    for row in spans.rows:
        alone = spans.only(row)
        try:
            applicable = check.applies(alone)
            suspects += check.suspects(alone, applicable) if applicable else []
            rows += applicable
        except Exception:  # noqa: BLE001 - the culprit
            telemetry.count("assay_check_errors_total", 1, check=check.id)
    return rows, suspects


def _finding(check: Check, spans: Spans, row: int, evidence: tuple[msgspec.Struct, ...]) -> Finding:
    columns = spans.columns
    return Finding(
        check.label,
        check.id,
        check.version,
        columns["trace_id"][row],
        columns["span_id"][row],
        check.stage or columns["stage"][row],
        check.severity or kinds()[check.label].severity,
        check.confidence,
        evidence,  # type: ignore[arg-type]
    )


def _hashes(batch: SpanBatch) -> set[bytes]:
    found: set[bytes] = set()
    for name in READ:
        cells = batch.columns[name]
        found.update(cells if BY_NAME[name].type == "Body" else chain.from_iterable(cells))
    found.discard(NO_BODY)
    return found
