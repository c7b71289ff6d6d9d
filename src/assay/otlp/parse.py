"""Bytes to a request, in both encodings.

    bytes ─► FromString ───────────────────► Parsed      the usual way: one compiled call
       └───► salvage (only when that fails) ─► Parsed      neighbours of a spoiled record are kept

JSON is read by `otlp.json_form`, broken protobuf by `otlp.salvage`, feedback by `otlp.feedback`; all know which record is at fault.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay.otlp.feedback import Refused, read_feedback
from assay.otlp.json_form import read_json
from assay.otlp.salvage import salvage

REQUESTS: dict[str, Any] = {"traces": ExportTraceServiceRequest, "logs": ExportLogsServiceRequest}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A request, and what could not be read of it. `rejected` and `message` become OTLP partial success."""

    request: Any
    """ExportTraceServiceRequest, ExportLogsServiceRequest or SendFeedbackRequest."""
    rejected: int = 0
    """Records that are not in `request` although they were sent."""
    message: str = ""
    """Why they are not, or what was repaired where `rejected` is 0."""
    refused: Sequence[Refused] = ()
    """The same for items of feedback, one by one."""


def parse(
    signal: Literal["traces", "logs", "feedback"],
    payload: bytes,
    *,
    encoding: Literal["protobuf", "json"] = "protobuf",
) -> Parsed:
    """The request that `payload` holds. Raises BadPayload where it is none, whatever the bytes are."""
    if signal == "feedback":
        items, refused = read_feedback(payload, encoding)
        return Parsed(items, len(refused), refused=refused)
    request = REQUESTS[signal]()
    if encoding == "json":
        return Parsed(request, *read_json(payload, request))
    try:
        request.ParseFromString(payload)
    except DecodeError as cause:
        request.Clear()
        return Parsed(request, *salvage(payload, request, why=str(cause)))
    return Parsed(request)
