"""Dialects: what every library calls its GenAI telemetry, as tables, and the engine that reads them.

    span ─► attributes (+ what events and log records add) ─► plan (scope, keys) ─► operation ─► groups ─► derived columns

A table line says which attribute carries which canonical column, in which encoding (`table.Rule`). Adding a library is
a table. `map_span` returns only the columns that the span fills; it depends on the span and its log records alone.
"""

from collections.abc import Sequence
from typing import Any

from assay.spans.bodies import Splitter
from assay.spans.dialects import derive, events
from assay.spans.dialects.context import Context
from assay.spans.dialects.labels import Labels, add_flag, is_flag_event
from assay.spans.dialects.messages import Reader
from assay.spans.dialects.registry import DIALECTS, EXCLUSIVE
from assay.spans.dialects.table import Plan, fill
from assay.spans.raw import RawLog, RawSpan

__all__ = ["MAPPING_VERSION", "Labels", "Mapper", "map_span"]

MAPPING_VERSION = 1
"""Version of the tables; raised whenever a span could come out differently. At most 4095."""

_MAX_PLANS = 4096
_SILENT = frozenset({"langfuse", "langsmith"})
"""Dialects that report failures without the span's status."""

_FAILURES = frozenset({"error.type", "http.response.status_code", "http.status_code"})
_GENAI_HINTS = ("gen_ai", "llm", "genai", "ai.", "agent", "langchain", "prompt", "openai", "anthropic")


class Mapper:
    """Maps spans and remembers plans and conversions. Not for several threads at once; make one for each."""

    def __init__(self, labels: Labels, splitter: Splitter | None = None) -> None:
        self.labels = labels
        self.splitter = splitter or Splitter()
        self._reader = Reader(self.splitter)
        self._plans: dict[tuple[str, tuple[str, ...]], Plan] = {}

    def map(self, span: RawSpan, logs: Sequence[RawLog] = ()) -> dict[str, Any]:
        """Canonical columns that the span fills, and `evaluations` where it carries any."""
        attributes = events.merged(span, logs) if logs or span.events else span.attributes
        keys = tuple(attributes)
        plan = self._plans.get((span.scope_name, keys))
        if plan is None:
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
            plan = self._plans[span.scope_name, keys] = Plan(span.scope_name, keys, DIALECTS)
            plan.labels = self.labels.compile(keys)
            plan.evaluates = events.may_evaluate(keys)
            plan.may_fail = plan.dialect in _SILENT or not _FAILURES.isdisjoint(keys)
        out: dict[str, Any] = {}
        context = Context(span, attributes, self._reader)
        if plan.dialect:
            fill((plan.operation,), attributes, context, out)
            operation = context.operation = out.get("operation", "")
            fill(plan.groups(operation), attributes, context, out)
            derive.call(span, out)
            derive.accounting(out, plan.dialect in EXCLUSIVE)
            derive.content(out)
            out["dialect"] = plan.dialect
            operation = out.get("operation", "")
            model_known = "request_model" in out or "response_model" in out
            if not operation and model_known and ("output_messages" in out or "input_tokens" in out):
                operation = out["operation"] = "chat"
        else:
            operation = ""
            model_known = False
            out["dialect"] = "unknown" if _looks_like_genai(span, keys) else "plain"
        out["stage"] = derive.stage(span, operation, attributes, model_known)
        self.labels.fill(plan.labels, attributes, span.resource, out)
        if span.events:
            _flags(span, out)
        if plan.may_fail or span.status == "error" or "error_class" in out or "error_message" in out:
            derive.error(span, attributes, out)
        if logs:
            out["log_records"] = min(len(logs), 65_535)
        found = events.evaluations(span, logs) if plan.evaluates or logs or span.events else []
        if found:
            out["evaluations"] = found
        return out


def _flags(span: RawSpan, out: dict[str, Any]) -> None:
    found: dict[str, str] = {}
    for event in span.events:
        if is_flag_event(event.name):
            add_flag(event.attributes, found)
    if found:
        cohorts = dict(zip(out.get("cohort_keys", ()), out.get("cohort_values", ()), strict=True))
        cohorts.update((label.removeprefix("cohort:"), text) for label, text in found.items())
        out["cohort_keys"], out["cohort_values"] = map(list, zip(*sorted(cohorts.items()), strict=True))


def _looks_like_genai(span: RawSpan, keys: tuple[str, ...]) -> bool:
    text = span.scope_name.lower()
    return any(hint in text for hint in _GENAI_HINTS) or any(
        key.startswith(("gen_ai", "llm", "ai.", "genai", "langchain", "openai", "anthropic")) for key in keys
    )


def map_span(span: RawSpan, logs: Sequence[RawLog] = (), *, labels: Labels) -> dict[str, Any]:
    """One span by a mapper of its own; for tests and tools. The receiver keeps a `Mapper`."""
    return Mapper(labels).map(span, logs)
