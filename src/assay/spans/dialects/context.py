"""What a converter may look at besides the value that it converts."""

from typing import Any

import msgspec

from assay.spans.dialects.messages import Reader
from assay.spans.raw import RawSpan


class Context(msgspec.Struct, gc=False):
    """One span while it is mapped."""

    span: RawSpan
    attributes: dict[str, Any]
    reader: Reader
    operation: str = ""
    memo: dict[tuple[str, int], Any] = {}
    """What was read out of a whole request or response, by reader and identity of the value."""
