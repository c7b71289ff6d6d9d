"""What the pipe takes and gives."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Literal, Protocol

from assay.otlp.feedback import Refused

Signal = Literal["traces", "logs", "feedback"]
Encoding = Literal["protobuf", "json"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to one committed request. `rejected` and `message` become OTLP partial success, `refused` the rejections of feedback."""

    accepted: int
    rejected: int = 0
    message: str = ""
    refused: Sequence[Refused] = ()
    """Items of feedback that are not stored, each with its reason."""


class Pipe(Protocol):
    """The seam between the transports and the flow."""

    def submit(self, signal: Signal, payload: bytes, *, encoding: Encoding, workspace: str) -> "Future[Receipt]":
        """Queue one uncompressed request. The future resolves after the commit.

        Raises `QueueFull`, `StoreUnavailable` or `ShuttingDown` at once when there is no room; the future fails with
        `BadPayload` when the bytes are no such request and with `StoreUnavailable` when the commit failed.
        """
        ...
