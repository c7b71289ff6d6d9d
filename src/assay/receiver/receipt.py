"""What the pipe takes and gives."""

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Literal, Protocol

Signal = Literal["traces", "logs"]
Encoding = Literal["protobuf", "json"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to one committed request. `rejected` and `message` become OTLP partial success."""

    accepted: int
    rejected: int = 0
    message: str = ""


class Pipe(Protocol):
    """The seam between the transports and the flow."""

    def submit(self, signal: Signal, payload: bytes, *, encoding: Encoding, workspace: str) -> "Future[Receipt]":
        """Queue one uncompressed OTLP request. The future resolves after the commit.

        Raises `QueueFull`, `StoreUnavailable` or `ShuttingDown` at once when there is no room; the future fails with
        `BadPayload` when the bytes are not OTLP and with `StoreUnavailable` when the commit failed.
        """
        ...
