"""Rows of verdicts: a judgement with everything that it takes to repeat it and to undo the sampling."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from assay.checks.trace import Trace
from assay.judges.judge import Judge
from assay.judges.verdict import Judgement, Verdict
from assay.scorer.sample import Task
from assay.scorer.traces import place_of
from assay.spans.prices import Tokens
from assay.store.parcel import FINDING_TYPES
from assay.store.store import Store

_TEXT, _COUNT, _NUMBER = pa.string(), pa.uint64(), pa.float64()
_PLACE = (
    "workspace", "trace_id", "start_time", "service", "release", "environment", "operation", "model", "prompt_version", "route",
    "cohort_keys", "cohort_values",
)  # fmt: skip
VERDICT_TYPES: dict[str, pa.DataType] = {name: FINDING_TYPES[name] for name in _PLACE} | {
    "span_id": _TEXT, "verdict_id": pa.binary(16), "version": _COUNT, "revision": _COUNT, "dimension": _TEXT, "judge_id": _TEXT,
    "judge_version": pa.uint16(), "judge_model": _TEXT, "rubric": _TEXT, "score": _NUMBER, "label": _TEXT, "unscored": _TEXT,
    "explanation": _TEXT, "quotations": _TEXT, "sampling_probability": _NUMBER, "stratum": _TEXT, "sampler_version": pa.uint16(),
    "input_tokens": _COUNT, "output_tokens": _COUNT, "cache_read_tokens": _COUNT, "cache_write_tokens": _COUNT, "cost_usd": _NUMBER,
    "latency_ms": _NUMBER, "request_id": _TEXT, "conversation_id": _TEXT,
}  # fmt: skip


class Took(NamedTuple):
    """What a judgement took."""

    model: str
    request_id: str = ""
    tokens: Tokens | None = None
    cost_usd: float | None = None
    latency_ms: float = 0.0


def verdict_id(task: Task, judge: Judge) -> bytes:
    """The same for the same judge version and revision of a trace, whoever asks and how often."""
    parts = (task.workspace, task.trace_id, judge.id, str(judge.version), str(task.revision))
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).digest()


def row_of(
    task: Task, judge: Judge, trace: Trace, judgement: Judgement, took: Took, *, version_ms: int
) -> dict[str, Any]:
    """One row of `verdict_rows`."""
    tokens = took.tokens
    score, label, unscored, quotations = None, "", "", "[]"
    if isinstance(judgement, Verdict):
        score, label = judgement.score, judgement.label
        quotations = json.dumps([one._asdict() for one in judgement.quotations], ensure_ascii=False)
    else:
        unscored = judgement.reason
    return place_of(trace) | {
        "span_id": trace.answering.span_id if trace.answering else "",
        "verdict_id": verdict_id(task, judge),
        "version": version_ms,
        "revision": task.revision,
        "dimension": judge.dimension,
        "judge_id": judge.id,
        "judge_version": judge.version,
        "judge_model": took.model,
        "rubric": judge.rubric_hash,
        "score": score,
        "label": label,
        "unscored": unscored,
        "explanation": judgement.explanation,
        "quotations": quotations,
        "sampling_probability": task.probability,
        "stratum": task.stratum,
        "sampler_version": task.sampler_version,
        "input_tokens": tokens.input if tokens else None,
        "output_tokens": tokens.output if tokens else None,
        "cache_read_tokens": tokens.cache_read if tokens else None,
        "cache_write_tokens": tokens.cache_write if tokens else None,
        "cost_usd": took.cost_usd,
        "latency_ms": took.latency_ms,
        "request_id": took.request_id,
        "conversation_id": trace.conversation_id,
    }


def write_verdicts(store: Store, rows: Sequence[dict[str, Any]]) -> None:
    """Store rows; writing them twice changes nothing. Raises `StoreUnavailable`."""
    if rows:
        columns = {name: pa.array([row[name] for row in rows], kind) for name, kind in VERDICT_TYPES.items()}
        store.insert("verdict_rows", pa.table(columns))
