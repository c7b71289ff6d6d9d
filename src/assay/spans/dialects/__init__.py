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
from assay.spans.dialects.feedback import carries_feedback, feedback_items
from assay.spans.dialects.labels import Labels, add_flag, is_flag_event
from assay.spans.dialects.messages import Reader
from assay.spans.dialects.registry import DIALECTS, EXCLUSIVE, METADATA_KEYS
from assay.spans.dialects.table import Known, Plan, fill
from assay.spans.raw import RawLog, RawSpan

__all__ = [
    "MAPPING_VERSION",
    "METADATA_KEYS",
    "Labels",
    "Mapper",
    "carries_feedback",
    "feedback_items",
    "map_span",
]

MAPPING_VERSION = 6
"""Version of the tables; raised whenever a span could come out differently. At most 4095."""

_MAX_PLANS = 4096
_MAX_REMEMBERED = 20_000
"""Combinations of steady values, over all plans."""
_SILENT = frozenset({"langfuse", "langsmith", "quarkus-langchain4j"})
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
        self._remembered = 0

    def map(self, span: RawSpan, logs: Sequence[RawLog] = ()) -> dict[str, Any]:
        """Canonical columns that the span fills, and `evaluations` where it carries any."""
        attributes = events.merged(span, logs) if logs or span.events else span.attributes
        keys = tuple(attributes)
        plan = self._plans.get((span.scope_name, keys)) or self._new_plan(span, keys)
        steady, changing = self.labels.of_resource(span.resource)
        if plan.labels.flags:
            steady, changing = (), steady + changing
        values = plan.steady_values(attributes, steady)
        known = plan.known.get(values) or self._learn(plan, values, Context(span, attributes, self._reader))
        out = known.columns.copy()
        model_known = False
        if plan.dialect:
            context = Context(span, attributes, self._reader)
            work = known.work
            if work is None:
                fill((plan.operation,), attributes, context, out)
                work = plan.work(out.get("operation", ""))
            context.operation = out.get("operation", "")
            fill(work.changing, attributes, context, out)
            derive.call(span, out)
            derive.accounting(out, plan.dialect in EXCLUSIVE)
            derive.content(out)
            model_known = "request_model" in out or "response_model" in out
            if model_known and not out.get("operation") and ("output_messages" in out or "input_tokens" in out):
                out["operation"] = "chat"
        if "stage" not in out:
            out["stage"] = derive.stage(span, out.get("operation", ""), attributes, model_known)
        if plan.labels.changing or changing:
            self.labels.fill(plan.labels.changing, attributes, changing, out)
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

    def _new_plan(self, span: RawSpan, keys: tuple[str, ...]) -> Plan:
        if len(self._plans) >= _MAX_PLANS:
            self._plans.clear()
        plan = self._plans[span.scope_name, keys] = Plan(span.scope_name, keys, DIALECTS, self.labels.compile(keys))
        plan.evaluates = events.may_evaluate(keys)
        plan.may_fail = plan.dialect in _SILENT or not _FAILURES.isdisjoint(keys)
        plan.tells_stage = not derive.STAGE_KEYS.isdisjoint(keys)
        if not plan.dialect:
            plan.outside = "unknown" if _looks_like_genai(span, keys) else "plain"
        return plan

    def _learn(self, plan: Plan, values: tuple[Any, ...], context: Context) -> Known:
        """What spans with these steady values have in common."""
        out: dict[str, Any] = {"dialect": plan.dialect or plan.outside}
        work = None
        if plan.dialect and plan.steady_operation:
            fill((plan.operation,), context.attributes, context, out)
            operation = context.operation = out.get("operation", "")
            work = plan.work(operation)
            fill(work.steady, context.attributes, context, out)
            if not plan.tells_stage and operation in derive.STAGES_OF_OPERATIONS:
                out["stage"] = derive.STAGES_OF_OPERATIONS[operation]
        self.labels.fill(plan.labels.steady, context.attributes, values[0], out)
        known = Known(out, work)
        if plan.remember(values, known):
            self._remembered += 1
            if self._remembered > _MAX_REMEMBERED:
                self._remembered = 0
                self._plans.clear()
        return known


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
