"""What a converter may look at besides the value that it converts."""

from typing import Any

from assay.spans.dialects.messages import Reader
from assay.spans.raw import RawSpan


class Context:
    """One span while it is mapped."""

    __slots__ = ("attributes", "memo", "operation", "reader", "span")

    def __init__(self, span: RawSpan, attributes: dict[str, Any], reader: Reader) -> None:
        self.span = span
        self.attributes = attributes
        self.reader = reader
        self.operation = ""
        self.memo: dict[tuple[str, int], Any] = {}
        """What was read out of a whole request or response, by reader and identity of the value."""
