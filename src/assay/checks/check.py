"""A check as a value, and what it reads: one batch of spans with their texts.

`applies` names the rows that the question can be asked of: the denominator of every rate. `suspects` narrows them by columns
alone, and only suspects are looked at one by one by `find`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from assay.checks.asked import asked
from assay.checks.finding import Evidence, Severity
from assay.checks.text import Facts, Texts
from assay.spans.batch import SpanBatch
from assay.spans.columns import BY_NAME, NO_BODY


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
    def succeeded(self) -> list[int]:
        """Model calls whose answer was captured, and neither failed nor was filtered."""
        status, reasons = self.columns["status"], self.columns["finish_reasons"]
        return [row for row in self.answered if status[row] != "error" and "content_filter" not in reasons[row]]

    @cached_property
    def prompted(self) -> list[int]:
        """Model calls whose prompt was captured."""
        return self.filled("input_messages", self.calls)

    @cached_property
    def captured(self) -> list[int]:
        """Spans with any captured content."""
        captured = self.columns["content_captured"]
        return [row for row in self.rows if captured[row]]

    @cached_property
    def tools(self) -> list[int]:
        """Tool runs."""
        return self.where("stage", frozenset({"tool"}))

    def facts(self, content_hash: bytes) -> Facts:
        """What is known about a text."""
        return self.texts.facts(content_hash)

    def having(self, fact: str, rows: list[int], *names: str) -> list[int]:
        """Those of the rows with a text in one of the columns of which it is true: a `Fact`, or the id of a check with patterns."""
        true = self.texts.having(fact)
        if not true:
            return []
        found: set[int] = set()
        for name in names:
            cells = self.columns[name]
            if BY_NAME[name].type == "Body":
                found.update(row for row in rows if cells[row] in true)
            else:
                found.update(row for row in rows if not true.isdisjoint(cells[row]))
        return sorted(found)

    def answers_having(self, fact: str, rows: list[int]) -> list[int]:
        """Those of the rows with an answer of which it is true."""
        true = self.texts.having(fact)
        return [row for row in rows if self.answer_hash(row) in true] if true else []

    def answer_hash(self, row: int) -> bytes:
        """The captured answer of a model call, also where it is no last text message."""
        found: bytes = self.columns["answer"][row]
        return found if found != NO_BODY else self.columns["output_messages"][row][-1]

    def answer(self, row: int) -> Facts:
        """Facts about the captured answer of a model call."""
        return self.texts.facts(self.answer_hash(row))

    def asked(self, row: int) -> str:
        """The question of a model call, without what the answer is to rest on."""
        return asked(self.texts.facts(self.columns["question"][row]).text)

    def user_text(self, row: int) -> str:
        """Everything that the user said in the request of a model call, without what the answers are to rest on."""
        texts = (self.texts.facts(one) for one in self.columns["input_messages"][row])
        return "\n".join(asked(one.text) for one in texts if one.role == "user")


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
    patterns: tuple[str, ...] = ()
    """Loose expressions in Hyperscan's syntax, in any case, that are looked for in the one scan of all texts;
    `spans.having(id, ...)` gives the rows with a hit. https://intel.github.io/hyperscan/dev-reference/compilation.html"""
