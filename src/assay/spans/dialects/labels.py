"""Labels that no convention names: feature, route, intent, outcome, request id, cohorts. Configuration says which keys."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from assay.config.model import Mapping as MappingConfig
from assay.spans.dialects.messages import parse

_SINGLE = ("feature", "route", "intent", "outcome", "request_id")

_PREFIXES = (
    "traceloop.association.properties.", "ai.telemetry.metadata.", "ai.settings.context.", "langfuse.trace.metadata.",
    "langfuse.observation.metadata.", "langsmith.metadata.", "lmnr.association.properties.metadata.",
    "lmnr.association.properties.", "mastra.metadata.", "metadata.", "attributes.", "gen_ai.request.metadata.",
    "baggage.",
)  # fmt: skip
"""Where SDKs put what an application attaches: the rest of the key is the application's own name."""

_IDENTITY = {
    "sessionid": "conversation_id", "conversationid": "conversation_id", "threadid": "conversation_id",
    "userid": "user_id", "enduserid": "user_id", "chatid": "conversation_id",
}  # fmt: skip

_FLAG_FIELDS = frozenset({
    "feature_flag.key", "feature_flag.variant", "feature_flag.result.variant", "feature_flag.provider_name",
    "feature_flag.provider.name", "feature_flag.result.value", "feature_flag.result.reason", "feature_flag.context.id",
    "feature_flag.set.id", "feature_flag.version", "feature_flag.error.message", "feature_flag.evaluation.reason",
})  # fmt: skip
_FLAG_EVENTS = frozenset({"feature_flag", "feature_flag.evaluation"})

_OUTCOMES = {
    "success": "success", "succeeded": "success", "ok": "success", "resolved": "success", "completed": "success",
    "true": "success", "failure": "failure", "failed": "failure", "error": "failure", "false": "failure",
    "escalated": "escalated", "escalation": "escalated", "handoff": "escalated", "abandoned": "abandoned",
}  # fmt: skip

_NOT_LETTERS = re.compile(r"[^a-z]")
_METADATA_KEYS = ("metadata", "langfuse.trace.metadata", "langfuse.observation.metadata", "gen_ai.metadata")
_HINT = re.compile(r"user|session|thread|conversation", re.IGNORECASE)


_CHANGING = frozenset({"request_id", "conversation_id", "user_id"})
"""Labels that nearly every request has of its own."""

Found = tuple[tuple[str, str], ...]


class LabelKeys(NamedTuple):
    """(label, key) pairs for spans with certain keys, best key first: labels of few values, and the others."""

    steady: Found = ()
    changing: Found = ()
    flags: bool = False
    """Flags decide about cohorts, so that all labels have to be seen together."""


class ResourceLabels(NamedTuple):
    """(label, text) pairs that a resource carries."""

    steady: Found = ()
    changing: Found = ()


class Labels:
    """Compiled `config.Mapping`: which keys of a span or a resource carry which label."""

    def __init__(self, mapping: MappingConfig) -> None:
        self._wanted: list[tuple[str, tuple[str, ...]]] = [(name, getattr(mapping, name)) for name in _SINGLE]
        self._wanted += [(f"cohort:{label}", keys) for label, keys in sorted(mapping.cohort.items())]
        self._resource: tuple[Mapping[str, Any] | None, ResourceLabels] = (None, ResourceLabels())

    def compile(self, keys: tuple[str, ...]) -> LabelKeys:
        """Where spans with these keys carry labels."""
        bare: dict[str, str] = {}
        for key in keys:
            for prefix in _PREFIXES:
                if key.startswith(prefix):
                    bare.setdefault(key[len(prefix) :], key)
                    break
        present = set(keys)
        found = []
        for label, names in self._wanted:
            found += [(label, name) for name in names if name in present]
            found += [(label, bare[name]) for name in names if name in bare]
        for key in keys:
            if key.startswith("feature_flag.") and key not in _FLAG_FIELDS:
                found.append((f"cohort:{key}", key))
        for name in [*bare, *keys]:
            identity = _IDENTITY.get(_NOT_LETTERS.sub("", name.lower()))
            if identity:
                found.append((identity, bare.get(name, name)))
        found += [("@flag", key) for key in ("feature_flag.key",) if key in present]
        found += [("@metadata", key) for key in _METADATA_KEYS if key in present]
        if "feature_flag.key" in present:
            return LabelKeys((), tuple(found), flags=True)
        return LabelKeys(
            tuple(pair for pair in found if pair[0] not in _CHANGING and pair[0][0] != "@"),
            tuple(pair for pair in found if pair[0] in _CHANGING or pair[0][0] == "@"),
        )

    def of_resource(self, resource: Mapping[str, Any]) -> ResourceLabels:
        """Labels that the resource carries; remembered for the spans that share it."""
        known, labels = self._resource
        if known is resource:
            return labels
        found = {}
        for label, names in self._wanted:
            for name in names:
                text = _text(resource.get(name))
                if text:
                    found[label] = text
                    break
        labels = ResourceLabels(
            tuple(pair for pair in found.items() if pair[0] not in _CHANGING),
            tuple(pair for pair in found.items() if pair[0] in _CHANGING),
        )
        self._resource = (resource, labels)
        return labels

    def fill(
        self,
        keys: Found,
        attributes: Mapping[str, Any],
        of_resource: Found,
        out: dict[str, Any],
    ) -> None:
        """Set the label columns that nothing better has set."""
        found: dict[str, str] = {}
        for label, key in keys:
            if label in found:
                continue
            if label[0] == "@":
                self._compound(label, key, attributes, found)
                continue
            value = attributes[key]
            text = value if type(value) is str and value[:1] != '"' else _text(value)
            if text:
                found[label] = text
        for label, text in of_resource:
            if label not in found:
                found[label] = text
        cohorts = []
        for label, text in found.items():
            if label[:7] == "cohort:":
                cohorts.append((label[7:], text))
            elif label == "outcome":
                out[label] = _OUTCOMES.get(text.lower(), text.lower())
            elif label not in out:
                out[label] = text
        if cohorts:
            cohorts.sort()
            out["cohort_keys"] = [key for key, _ in cohorts]
            out["cohort_values"] = [value for _, value in cohorts]

    def _compound(self, label: str, key: str, attributes: Mapping[str, Any], found: dict[str, str]) -> None:
        if label == "@flag":
            add_flag(attributes, found)
            return
        value = attributes[key]
        if isinstance(value, str) and not _HINT.search(value):
            return
        metadata = parse(value)
        if isinstance(metadata, dict):
            for name, item in metadata.items():
                identity = _IDENTITY.get(_NOT_LETTERS.sub("", name.lower()))
                text = _text(item)
                if identity and text:
                    found.setdefault(identity, text)


def add_flag(attributes: Mapping[str, Any], found: dict[str, str]) -> None:
    """The convention's feature flag fields as a cohort label.

    https://opentelemetry.io/docs/specs/semconv/feature-flags/feature-flags-events/
    """
    name = _text(attributes.get("feature_flag.key"))
    for key in ("feature_flag.result.variant", "feature_flag.variant", "feature_flag.result.value"):
        variant = _text(attributes.get(key))
        if name and variant:
            found[f"cohort:feature_flag.{name}"] = variant
            return


def is_flag_event(name: str) -> bool:
    """Whether a span event reports a feature flag."""
    return name in _FLAG_EVENTS


def _text(value: Any) -> str:
    if isinstance(value, str):
        if value[:1] == '"' and value[-1:] == '"':
            inner = parse(value)
            return inner if isinstance(inner, str) else value
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return ""
