"""Bytes to an OTLP request, in both encodings.

    bytes ─► FromString ───────────────────► Parsed      the usual way: one compiled call
       └───► salvage (only when that fails) ─► Parsed      neighbours of a spoiled record are kept

JSON is read by `otlp.json_form`, broken protobuf by `otlp.salvage`; both know which record is at fault.
"""

from dataclasses import dataclass
from typing import Any, Literal

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay.otlp.json_form import read_json
from assay.otlp.salvage import salvage

REQUESTS: dict[str, Any] = {"traces": ExportTraceServiceRequest, "logs": ExportLogsServiceRequest}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A request, and what could not be read of it. `rejected` and `message` become OTLP partial success."""

    request: Any
    """ExportTraceServiceRequest or ExportLogsServiceRequest."""
    rejected: int = 0
    """Records that are not in `request` although they were sent."""
    message: str = ""
    """Why they are not, or what was repaired where `rejected` is 0."""


def parse(
    signal: Literal["traces", "logs"], payload: bytes, *, encoding: Literal["protobuf", "json"] = "protobuf"
) -> Parsed:
    """The request that `payload` holds. Raises BadPayload where it is not OTLP, whatever the bytes are."""
    request = REQUESTS[signal]()
    if encoding == "json":
        return Parsed(request, *read_json(payload, request))
    try:
        request.ParseFromString(payload)
    except DecodeError as cause:
        request.Clear()
        return Parsed(request, *salvage(payload, request, why=str(cause)))
    return Parsed(request)
