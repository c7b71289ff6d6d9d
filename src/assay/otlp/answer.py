"""What a sender is told: ONE table from errors to gRPC codes, HTTP statuses and retry hints, and the bodies around it.

https://opentelemetry.io/docs/specs/otlp/#failures-1 (HTTP) and #failures (gRPC). Two rules lie behind every row. A sender
drops its data on any answer that is not retryable, so only what the sender must change is answered that way. And a bare
RESOURCE_EXHAUSTED means "too large, drop it", so every retryable answer carries RetryInfo or Retry-After.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple

from google.protobuf import json_format
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from assay import errors
from assay.otlp.feedback import Refused
from assay.v1.feedback_pb2 import Rejection, SendFeedbackResponse

INVALID_ARGUMENT, PERMISSION_DENIED, RESOURCE_EXHAUSTED = 3, 7, 8
UNIMPLEMENTED, UNAVAILABLE, UNAUTHENTICATED = 12, 14, 16

UNEXPECTED_RETRY_MS = 30_000
"""A fault of ours may be mended by a restart or a release; a sender with a queue keeps the data until then."""
MAX_MESSAGE_CHARS = 800
"""Longer messages would not fit into the 8 KiB that gRPC allows for trailers."""

MAX_REJECTIONS = 1_000
"""More reasons would not fit into the 4 MiB that gRPC's clients take by default."""

TABLE: tuple[tuple[type[Exception], int, int, bool], ...] = (
    # error, gRPC code, HTTP status, whether the sender is to retry; the first row that fits wins
    (errors.BadPayload, INVALID_ARGUMENT, 400, False),
    (errors.TooLarge, RESOURCE_EXHAUSTED, 413, False),
    (errors.UnsupportedEncoding, UNIMPLEMENTED, 415, False),
    (errors.Unauthenticated, UNAUTHENTICATED, 401, False),
    (errors.Forbidden, PERMISSION_DENIED, 403, False),
    (errors.SenderMustChange, INVALID_ARGUMENT, 400, False),
    (errors.RateLimited, RESOURCE_EXHAUSTED, 429, True),
    (errors.TryLater, UNAVAILABLE, 503, True),
    (Exception, UNAVAILABLE, 503, True),
)


class Answer(NamedTuple):
    """A refusal in the words of both transports."""

    grpc_code: int
    http_status: int
    retry_after_ms: int | None
    """None: do not retry."""
    message: str
    reason: str
    """Name of the error, for metrics."""


def answer_to(error: Exception) -> Answer:
    """The answer to a request that ended in `error`. What is not an error of ours is a fault here: retry."""
    grpc_code, http_status, retry = next(row[1:] for row in TABLE if isinstance(error, row[0]))
    retry_after_ms = None
    if retry:
        retry_after_ms = error.retry_after_ms if isinstance(error, errors.TryLater) else UNEXPECTED_RETRY_MS
    known = isinstance(error, errors.AssayError)
    message = str(error) if known else "Assay failed at this request; it was not stored. Try again later."
    return Answer(grpc_code, http_status, retry_after_ms, message[:MAX_MESSAGE_CHARS], type(error).__name__)


def status_of(answer: Answer) -> Status:
    """The answer as google.rpc.Status, with RetryInfo where the sender is to retry."""
    status = Status(code=answer.grpc_code, message=answer.message)
    if answer.retry_after_ms is not None:
        delay = Duration()
        delay.FromMilliseconds(answer.retry_after_ms)
        status.details.add().Pack(RetryInfo(retry_delay=delay))
    return status


def retry_after_seconds(answer: Answer) -> int | None:
    """Value of the Retry-After header, whole seconds and at least one; None: do not retry."""
    return None if answer.retry_after_ms is None else max(1, -(-answer.retry_after_ms // 1000))


def success(signal: Literal["traces", "logs"], *, rejected: int, message: str) -> Any:
    """The response message. Full success leaves `partial_success` unset; a warning is `rejected` 0 with a message."""
    response = ExportTraceServiceResponse() if signal == "traces" else ExportLogsServiceResponse()
    if rejected or message:
        partial = response.partial_success
        partial.error_message = message[:MAX_MESSAGE_CHARS]
        if isinstance(response, ExportTraceServiceResponse):
            response.partial_success.rejected_spans = rejected
        else:
            response.partial_success.rejected_log_records = rejected
    return response


def feedback_success(*, accepted: int, refused: Sequence[Refused]) -> SendFeedbackResponse:
    """The response message of feedback: what is stored, what is not and why."""
    rejections = [Rejection(index=index, reason=reason) for index, reason in islice(refused, MAX_REJECTIONS)]
    return SendFeedbackResponse(accepted=accepted, rejected=len(refused), rejections=rejections)


def body_of(message: Any, encoding: Literal["protobuf", "json"]) -> bytes:
    """A response or a Status in the request's encoding."""
    if encoding == "protobuf":
        return bytes(message.SerializeToString())
    return json_format.MessageToJson(message, indent=None).encode()
