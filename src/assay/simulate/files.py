"""Traffic as files: requests as protobuf or JSON, and the truth beside them."""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay.simulate.policy import policy_file
from assay.simulate.story import Told, Truth

TRACES_A_FILE = 200
Form = Literal["protobuf", "json"]


def write_files(told: Iterable[Told], folder: Path, *, form: Form) -> tuple[int, int]:
    """Write `traces-NNNN.pb` (one request a file) or `traces.jsonl` (one request a line), `truth.jsonl`, and
    `assay.yaml` with what the owners of the services ask of their answers.

    How many traces were written, and how many of them are faulty.
    """
    folder.mkdir(parents=True, exist_ok=True)
    traces = faulty = 0
    group = ExportTraceServiceRequest()
    (folder / "assay.yaml").write_text(policy_file(), encoding="utf-8")
    with (folder / "truth.jsonl").open("w", encoding="utf-8") as truths:
        lines = (folder / "traces.jsonl").open("w", encoding="utf-8") if form == "json" else None
        try:
            for one in told:
                traces, faulty = traces + 1, faulty + (not one.truth.clean)
                truths.write(truth_line(one.truth) + "\n")
                if lines is not None:
                    lines.write(json.dumps(as_json(one.request), ensure_ascii=False) + "\n")
                    continue
                group.resource_spans.extend(one.request.resource_spans)
                if traces % TRACES_A_FILE == 0:
                    _flush(group, folder, traces)
                    group = ExportTraceServiceRequest()
            if group.resource_spans:
                _flush(group, folder, traces)
        finally:
            if lines is not None:
                lines.close()
    return traces, faulty


def _flush(group: ExportTraceServiceRequest, folder: Path, traces: int) -> None:
    (folder / f"traces-{(traces - 1) // TRACES_A_FILE:04d}.pb").write_bytes(group.SerializeToString())


def truth_line(truth: Truth) -> str:
    """The truth about one trace as a line of JSON."""
    return json.dumps(truth._asdict())


def as_json(request: ExportTraceServiceRequest) -> dict[str, Any]:
    """A request in OTLP's own JSON: ids are hex and enumerations are numbers.

    https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
    """
    made: dict[str, Any] = MessageToDict(request, use_integers_for_enums=True)
    for resource in made.get("resourceSpans", ()):
        for scope in resource.get("scopeSpans", ()):
            for span in scope.get("spans", ()):
                for name in ("traceId", "spanId", "parentSpanId"):
                    if name in span:
                        span[name] = base64.b64decode(span[name]).hex()
    return made
