"""Findings as columns of the `finding_rows` table, with what rates are grouped by taken from the span."""

from typing import Any

from assay.checks.engine import Checked, evidence_json, finding_id
from assay.spans.batch import SpanBatch

FROM_SPAN = (
    "workspace", "version", "service", "release", "environment", "operation", "prompt_version", "route", "cohort_keys",
    "cohort_values",
)  # fmt: skip


def finding_columns(batch: SpanBatch, checked: Checked) -> dict[str, list[Any]]:
    """One row a finding; empty without findings."""
    if not checked.findings:
        return {}
    columns, rows, findings = batch.columns, checked.rows, checked.findings
    found: dict[str, list[Any]] = {name: [columns[name][row] for row in rows] for name in FROM_SPAN}
    found["start_time"] = [columns["start_time"][row] for row in rows]
    found["model"] = [columns["response_model"][row] or columns["request_model"][row] for row in rows]
    found["finding_id"] = [finding_id(columns["workspace"][row], one) for row, one in zip(rows, findings, strict=True)]
    found["evidence"] = [evidence_json(one.evidence).decode() for one in findings]
    found["retracted"] = [0] * len(rows)
    for name in ("trace_id", "span_id", "label", "check_id", "check_version", "stage", "severity", "confidence"):
        found[name] = [getattr(one, name) for one in findings]
    return found
