"""A check over a whole trace, as a value."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from assay.checks.finding import Evidence, Severity
from assay.checks.trace import Trace, TraceSpan


class Seen(NamedTuple):
    """What a check saw."""

    span: TraceSpan | None
    """Where it went wrong; None: in the trace as a whole."""
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class TraceCheck:
    """One question that is asked of traces."""

    id: str
    """`trace.name`; stable."""
    label: str
    """`class.kind` of the taxonomy."""
    version: int
    """Raised whenever a trace could be judged differently."""
    applies: Callable[[Trace], bool]
    """Whether the question can be asked of a trace: the denominator of every rate."""
    find: Callable[[Trace], Seen | None]
    """What it saw; None where nothing is wrong."""
    stage: str = ""
    """Stage that findings point at; empty: that of the span."""
    severity: Severity | None = None
    """Where it differs from the taxonomy's."""
    confidence: float = 0.9
    """Expected share of findings that are right."""

    @cached_property
    def name(self) -> str:
        """`id@version`."""
        return f"{self.id}@{self.version}"
