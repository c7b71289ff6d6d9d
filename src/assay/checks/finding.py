"""What a check says about a span or a trace."""

from typing import Literal

import msgspec

Severity = Literal["info", "warning", "error"]

QUOTE_CHARACTERS = 240
"""Longest quotation that is kept as evidence."""


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """A quotation with its place, or the numbers that were compared."""

    where: str = ""
    """The canonical column that was read (`answer`, `document_texts[2]`, `tool_arguments`), or empty for numbers alone."""
    quote: str = ""
    """At most `QUOTE_CHARACTERS` of the text, verbatim; masked where the check finds what must not be repeated."""
    start: int = 0
    """Offset of the quotation in the text, in characters."""
    end: int = 0
    """End of the quotation in the text, in characters, exclusive."""
    text_hash: str = ""
    """Content hash of the text as hex, so that the evidence is erased and expires with it."""
    numbers: dict[str, float | int | str] = {}
    """What was compared, by name with its unit: `{"duration_ms": 8120, "limit_ms": 5000}`."""
    note: str = ""
    """One short clause for a person, where the label does not say it."""


class Finding(msgspec.Struct, frozen=True):
    """One label on one span, or on a whole trace."""

    label: str
    """`class.kind` of the taxonomy."""
    check_id: str
    check_version: int
    trace_id: str
    span_id: str
    """Empty where the finding is about the whole trace."""
    stage: str
    """Pipeline stage that the finding points at; see `assay.spans.columns.Stage`."""
    severity: Severity
    confidence: float
    """0 to 1: measured precision where the check was measured, else the author's estimate."""
    evidence: tuple[Evidence, ...] = ()
