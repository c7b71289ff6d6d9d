"""The content policy, before anything is decoded, stored or forwarded.

    parsed request ─► policy of the workspace and route ─► the same request with content kept, redacted, hashed or gone

    full      as sent
    redacted  personal data and secrets become `[redacted:type]`, wherever a text stands: attributes, events, logs, names, exceptions
    hashed    content becomes `[sha256:...]`, keyed by the workspace: equal texts stay comparable, and nobody can read them
    none      content is taken out

`hashed` and `none` keep only what a dialect table or the label settings know as metadata, redacted; an attribute that nobody knows
is content. The walk follows the message's own descriptor, so a field that is new in OTLP is not passed by.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from assay import telemetry
from assay.checks.sensitive import Removed, redacted, redacted_number
from assay.config.model import ContentPolicy, Workspace
from assay.config.model import Mapping as MappingSettings
from assay.receiver.receipt import Signal
from assay.spans.dialects import METADATA_KEYS, carries_feedback

STRICTNESS: tuple[ContentPolicy, ...] = ("full", "redacted", "hashed", "none")

_PLAIN = frozenset(
    {"name", "severity_text", "event_name", "schema_url", "trace_state", "version", "key", "entity_refs"}
) | {"response_id", "author"}
"""Fields of OTLP and of feedback that hold no content; they are redacted and kept under every policy but `full`."""

_IDS = frozenset({"trace_id", "span_id"})
"""Random digits, which might look like somebody's number."""


class Privacy:
    """The policies of all workspaces."""

    def __init__(self, workspaces: Mapping[str, Workspace], mapping: MappingSettings) -> None:
        self._workspaces = workspaces
        self._route_keys = mapping.route
        labels = (
            mapping.feature,
            mapping.route,
            mapping.intent,
            mapping.outcome,
            mapping.request_id,
            *mapping.cohort.values(),
        )
        known = METADATA_KEYS | {key for keys in labels for key in keys}
        self._metadata = _Known(known)

    def apply(self, signal: Signal, request: Any, workspace: str) -> None:
        """Change `request` in place."""
        settings = self._workspaces.get(workspace)
        if settings is None or (settings.content == "full" and not settings.content_by_route):
            return
        if signal == "feedback":
            policy = _policy(settings, "")  # nobody says which route a statement is about
            for item in request.feedback:
                _Walk(policy, workspace, self._metadata).message(item, "feedback")
            return
        routes = self._routes(signal, request) if settings.content_by_route else {}
        for resource in request.resource_spans if signal == "traces" else request.resource_logs:
            strictest = _strictest([settings.content, *settings.content_by_route.values()])
            _Walk("redacted" if strictest != "full" else "full", workspace, self._metadata).message(
                resource.resource, "resource"
            )
            for scope in resource.scope_spans if signal == "traces" else resource.scope_logs:
                _Walk("redacted" if strictest != "full" else "full", workspace, self._metadata).message(
                    scope.scope, "resource"
                )
                for record in scope.spans if signal == "traces" else scope.log_records:
                    policy = _policy(settings, routes.get(record.trace_id, ""))
                    if policy != "full":
                        path = "attributes" if signal == "traces" else "feedback" if _says(record) else "logs"
                        _Walk(policy, workspace, self._metadata).message(record, path)

    def _routes(self, signal: str, request: Any) -> dict[bytes, str]:
        """The route of each trace, where a record of it in this request names one."""
        found: dict[bytes, str] = {}
        for resource in request.resource_spans if signal == "traces" else request.resource_logs:
            for scope in resource.scope_spans if signal == "traces" else resource.scope_logs:
                for record in scope.spans if signal == "traces" else scope.log_records:
                    for pair in record.attributes:
                        if pair.key in self._route_keys and pair.value.string_value:
                            found.setdefault(record.trace_id, pair.value.string_value)
        return found


def _says(record: Any) -> bool:
    """Whether a log record is feedback."""
    named = {pair.key: pair.value.string_value for pair in record.attributes}
    return carries_feedback(record.event_name or named.get("event.name", ""), named)


class _Known:
    """Keys whose values are metadata; `prefix.*` stands for all keys below it."""

    def __init__(self, keys: frozenset[str]) -> None:
        self._keys = keys
        self._prefixes = tuple(key[:-1] for key in keys if key.endswith(".*"))

    def __contains__(self, key: str) -> bool:
        return key in self._keys or key.startswith(self._prefixes)


def _policy(settings: Workspace, route: str) -> ContentPolicy:
    """A record whose route is not known gets the strictest policy that any route has."""
    if not settings.content_by_route:
        return settings.content
    if route:
        return settings.content_by_route.get(route, settings.content)
    return _strictest([settings.content, *settings.content_by_route.values()])


def _strictest(policies: list[ContentPolicy]) -> ContentPolicy:
    return max(policies, key=STRICTNESS.index)


class _Walk:
    """One record under one policy."""

    def __init__(self, policy: ContentPolicy, workspace: str, metadata: _Known) -> None:
        self._policy = policy
        self._key = hashlib.sha256(workspace.encode()).digest()
        self._metadata = metadata

    def message(self, message: Any, path: str) -> None:
        """Every text of a message and of what is in it."""
        if self._policy == "full":
            return
        removed: Removed = Counter()
        seen: Counter[str] = Counter()
        self._fields(message, path, removed, seen, keep=isinstance(message, Resource))
        for where, texts in seen.items():
            telemetry.count("assay_content_texts_total", texts, path=where, policy=self._policy)
        for kind, parts in removed.items():
            telemetry.count("assay_content_removed_total", parts, type=kind)

    def _fields(self, message: Any, path: str, removed: Removed, seen: Counter[str], *, keep: bool) -> None:
        if isinstance(message, KeyValue):
            self._pair(message, path, removed, seen, keep=keep)
            return
        for field, value in message.ListFields():
            if field.type == FieldDescriptor.TYPE_MESSAGE:
                below = "events" if field.name == "events" else path
                if field.is_repeated:
                    for one in value:
                        self._fields(one, below, removed, seen, keep=keep)
                    if self._policy == "none":
                        _drop_emptied(value)
                elif isinstance(value, AnyValue):  # the body of a log record
                    self._content(value, path, removed, seen, keep=keep)
                else:
                    self._fields(value, below, removed, seen, keep=keep)
            elif field.type == FieldDescriptor.TYPE_STRING and field.name not in _IDS:
                if field.is_repeated:
                    value[:] = [redacted(one, removed) for one in value]
                    seen[path] += len(value)
                    continue
                seen[path] += 1
                plain = field.name in _PLAIN or keep or self._policy == "redacted"
                setattr(message, field.name, redacted(value, removed) if plain else self._replacement(value, removed))

    def _pair(self, pair: KeyValue, path: str, removed: Removed, seen: Counter[str], *, keep: bool) -> None:
        where = (
            "exceptions" if pair.key.startswith("exception.") else "tool_arguments" if "argument" in pair.key else path
        )
        known = keep or pair.key in self._metadata
        self._content(pair.value, where, removed, seen, keep=known)
        pair.key = redacted(pair.key, removed)

    def _content(self, value: AnyValue, path: str, removed: Removed, seen: Counter[str], *, keep: bool) -> None:
        which = value.WhichOneof("value")
        if which == "string_value":
            seen[path] += 1
            if keep or self._policy == "redacted":
                value.string_value = redacted(value.string_value, removed)
            elif self._policy == "none":
                removed["content"] += 1
                value.Clear()
            else:
                value.string_value = self._replacement(value.string_value, removed)
        elif which == "bytes_value":
            seen[path] += 1
            text = value.bytes_value.decode("utf-8", "replace")
            if self._policy != "redacted":
                removed["content"] += 1
                value.Clear()
            elif (safe := redacted(text, removed)) != text:
                value.string_value = safe
        elif which == "int_value":
            number = redacted_number(value.int_value, removed)
            if isinstance(number, str):
                value.string_value = number
        elif which == "array_value":
            for one in value.array_value.values:
                self._content(one, path, removed, seen, keep=keep)
        elif which == "kvlist_value":
            for pair in value.kvlist_value.values:
                self._pair(pair, path, removed, seen, keep=keep)

    def _replacement(self, text: str, removed: Removed) -> str:
        if not text:
            return text
        removed["content"] += 1
        if self._policy == "none":
            return ""
        return f"[sha256:{hashlib.blake2b(text.encode('utf-8', 'replace'), key=self._key, digest_size=16).hexdigest()}]"


def _drop_emptied(pairs: Any) -> None:
    """Attributes whose content is gone are gone: an absent content is not an empty one."""
    kept = [one for one in pairs if not isinstance(one, KeyValue) or one.value.WhichOneof("value") is not None]
    if len(kept) < len(pairs):
        copies = [type(one).FromString(one.SerializeToString()) for one in kept]
        del pairs[:]
        pairs.extend(copies)
