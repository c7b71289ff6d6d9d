"""A check as a value, and what it reads: one batch of spans with their texts.

`applies` names the rows that the question can be asked of: the denominator of every rate. `suspects` narrows them by columns
alone, and only suspects are looked at one by one by `find`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from assay.checks.finding import Evidence, Severity
from assay.checks.text import Facts, Texts
from assay.spans.batch import SpanBatch
from assay.spans.columns import NO_BODY


@dataclass
class Spans:
    """Rows of a batch. Index lists are made once and shared by all checks."""

    batch: SpanBatch
    texts: Texts
    rows: Sequence[int]
    """Rows to look at."""
    columns: dict[str, list[Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.columns = self.batch.columns

    def only(self, row: int) -> "Spans":
        """One row alone."""
        return Spans(self.batch, self.texts, [row])

    def where(self, column: str, values: frozenset[Any]) -> list[int]:
        """Rows in which a column has one of the values."""
        cells = self.columns[column]
        return [row for row in self.rows if cells[row] in values]

    def filled(self, column: str, rows: Sequence[int]) -> list[int]:
        """Those of the rows in which a column is neither empty nor an absent text."""
        cells = self.columns[column]
        return [row for row in rows if cells[row] and cells[row] != NO_BODY]

    @cached_property
    def calls(self) -> list[int]:
        """Model calls."""
        return self.where("stage", frozenset({"generation"}))

    @cached_property
    def answered(self) -> list[int]:
        """Model calls whose answer was captured."""
        return self.filled("output_messages", self.calls)

    @cached_property
    def tools(self) -> list[int]:
        """Tool runs."""
        return self.where("stage", frozenset({"tool"}))

    @cached_property
    def retrievals(self) -> list[int]:
        """Retrievals and reranks."""
        return self.where("stage", frozenset({"retrieval", "rerank"}))

    def facts(self, content_hash: bytes) -> Facts:
        """What is known about a text."""
        return self.texts.facts(content_hash)

    def answer(self, row: int) -> Facts:
        """The captured answer of a model call, also where it is no last text message."""
        found = self.columns["answer"][row]
        return self.texts.facts(found if found != NO_BODY else self.columns["output_messages"][row][-1])

    def user_text(self, row: int) -> str:
        """Everything that the user said in the request of a model call."""
        texts = (self.texts.facts(one) for one in self.columns["input_messages"][row])
        return "\n".join(one.text for one in texts if one.role == "user")


Rows = Callable[[Spans], list[int]]
Narrow = Callable[[Spans, list[int]], list[int]]
Find = Callable[[Spans, int], Iterable[Evidence]]


def every(_: Spans, rows: list[int]) -> list[int]:
    """All applicable rows are suspects."""
    return rows


@dataclass(frozen=True)
class Check:
    """One question that is asked of spans."""

    id: str
    """`file.name`; stable."""
    label: str
    """`class.kind` of the taxonomy."""
    version: int
    """Raised whenever a span could be judged differently."""
    applies: Rows
    """Rows that the question can be asked of."""
    find: Find
    """Evidence in one row, none where there is nothing wrong."""
    suspects: Narrow = every
    """Those of the applicable rows that could have a finding, by columns alone."""
    severity: Severity | None = None
    """Where it differs from the taxonomy's."""
    stage: str = ""
    """Stage that findings point at; empty: the span's own."""
    confidence: float = 0.9
    """Expected share of findings that are right."""
