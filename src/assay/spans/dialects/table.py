"""The engine: dialect tables as data, and the plan that a span's keys select.

A `Dialect` says how it is recognised and, per group of columns, which keys carry what. A span's scope and the tuple of
its keys decide the plan, which is compiled once: which dialects fit, in which order, and which of their rules have a key
to read. In a group the first dialect that yields anything wins, so that one span never mixes two accountings; in the
groups of `MIXED` every column is filled on its own, because names, labels, and the one tool run or retrieval of a span
cannot be counted twice.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from assay.spans.dialects.context import Context
from assay.spans.dialects.convert import text

Convert = Callable[[Any, Context], Any]

GROUPS = (
    "operation", "call", "parameters", "finish", "usage", "cost", "input", "system", "output", "definitions", "tool",
    "retrieval", "prompt", "guardrail", "latency", "who", "error",
)  # fmt: skip
MIXED = frozenset({"call", "prompt", "who", "error", "latency", "finish", "tool", "retrieval"})

ALLOWED: dict[str, frozenset[str]] = {
    "call": frozenset({
        "provider", "request_model", "response_model", "response_id", "streaming", "output_type", "response_schema",
        "request_id", "retry_count", "parse_fallback",
    }),
    "parameters": frozenset({"request_parameters"}),
    "finish": frozenset({"finish_reasons"}),
    "usage": frozenset({
        "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens",
        "usage_accounting",
    }),
    "cost": frozenset({"cost_usd"}),
    "input": frozenset({"input_messages"}),
    "system": frozenset({"system_prompt"}),
    "output": frozenset({"output_messages"}),
    "definitions": frozenset({"tool_definitions", "tool_definition_names"}),
    "tool": frozenset({"tool_name", "tool_type", "tool_call_id", "tool_arguments", "tool_result"}),
    "retrieval": frozenset({"retrieval_query", "retrieval_top_k", "data_source", "documents"}),
    "prompt": frozenset({"prompt_name", "prompt_version"}),
    "guardrail": frozenset({"guardrail_names", "guardrail_verdicts"}),
    "latency": frozenset({"time_to_first_token_ns"}),
    "who": frozenset({"conversation_id", "user_id", "agent_name", "agent_id", "workflow"}),
    "error": frozenset({"error_class", "error_message", "http_status"}),
}  # fmt: skip
"""The columns that a rule with column `*` may fill in its group; `documents` and `error_message` are taken apart later."""


class Rule(NamedTuple):
    """One line of a dialect table."""

    column: str
    """Canonical column; `*` where `convert` returns several by name."""
    keys: tuple[str, ...]
    """Attribute keys, the first that yields a value wins. `prefix.*` hands over the tree of the flattened keys below."""
    convert: Convert
    only: frozenset[str] | None = None
    """Operations in which the key has this meaning; None: all."""


class Dialect(NamedTuple):
    """How one family of senders is recognised, and where it puts what."""

    name: str
    scopes: tuple[str, ...]
    """Beginnings of instrumentation scope names."""
    marks: tuple[str, ...]
    """Attribute keys that only this dialect sends; a trailing `*` marks a prefix."""
    groups: Mapping[str, Sequence[Rule]]

    def fits(self, scope: str, keys: Sequence[str]) -> bool:
        """Whether a span of this scope with these keys is written in this dialect."""
        if self.scopes and scope.startswith(self.scopes):
            return True
        for mark in self.marks:
            if mark[-1:] == "*":
                prefix = mark[:-1]
                if any(key.startswith(prefix) for key in keys):
                    return True
            elif mark in keys:
                return True
        return False


Path = tuple[str, tuple[str, ...]]


class Step(NamedTuple):
    """A rule with a key to read: `paths` are the flattened keys of a `prefix.*` rule, else empty."""

    column: str
    key: str
    paths: tuple[Path, ...]
    convert: Convert


class Group(NamedTuple):
    """What is tried for one group of columns, best dialect first."""

    mixed: bool
    allowed: frozenset[str]
    alternatives: tuple[tuple[Step, ...], ...]


class Plan:
    """What to do with spans of one scope and one tuple of keys."""

    __slots__ = ("_by_operation", "_fits", "_keys", "dialect", "evaluates", "labels", "may_fail", "operation")

    def __init__(self, scope: str, keys: tuple[str, ...], dialects: Sequence[Dialect]) -> None:
        self._keys = keys
        self._fits = tuple(dialect for dialect in dialects if dialect.fits(scope, keys))
        self.dialect = self._fits[0].name if self._fits else ""
        self.operation = self._group("operation", None)
        self._by_operation: dict[str, tuple[Group, ...]] = {}
        self.labels: Any = None
        self.evaluates = False
        self.may_fail = False

    def groups(self, operation: str) -> tuple[Group, ...]:
        """The groups to fill once the operation is known."""
        known = self._by_operation.get(operation)
        if known is None:
            made = (self._group(name, operation) for name in GROUPS[1:])
            known = tuple(group for group in made if group.alternatives)
            if len(self._by_operation) < 64:
                self._by_operation[operation] = known
        return known

    def _group(self, name: str, operation: str | None) -> Group:
        alternatives = []
        for dialect in self._fits:
            steps = [
                step
                for rule in dialect.groups.get(name, ())
                if rule.only is None or operation in rule.only
                for step in _steps(rule, self._keys)
            ]
            if steps:
                alternatives.append(tuple(steps))
        return Group(name in MIXED, ALLOWED.get(name, frozenset()), tuple(alternatives))


def _steps(rule: Rule, keys: tuple[str, ...]) -> list[Step]:
    steps = []
    for key in rule.keys:
        if key[-2:] == ".*":
            prefix = key[:-1]
            paths = tuple((k, tuple(k[len(prefix) :].split("."))) for k in keys if k.startswith(prefix))
            if paths:
                steps.append(Step(rule.column, key, paths, rule.convert))
        elif key in keys:
            steps.append(Step(rule.column, key, (), rule.convert))
    return steps


def tree(attributes: Mapping[str, Any], paths: Sequence[Path]) -> Any:
    """Flattened keys put back into nested dicts and lists."""
    if all(len(path) == 1 for _, path in paths):
        flat = {path[0]: attributes[key] for key, path in paths}
        return flat if not paths[0][1][0].isdecimal() else _lists(flat)
    root: dict[str, Any] = {}
    for key, path in paths:
        node = root
        for step in path[:-1]:
            below = node.get(step)
            if not isinstance(below, dict):
                below = node[step] = {} if below is None else {"": below}
            node = below
        node[path[-1]] = attributes[key]
    return _lists(root)


def _lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node and all(key.isdecimal() for key in node):
        return [_lists(node[key]) for key in sorted(node, key=int)]
    return {key: _lists(value) for key, value in node.items()}


def fill(groups: Sequence[Group], attributes: Mapping[str, Any], context: Context, out: dict[str, Any]) -> None:
    """Run the steps of each group; `out` gains the columns that they yield."""
    for mixed, allowed, alternatives in groups:
        for steps in alternatives:
            got = False
            for column, key, paths, convert in steps:
                if column in out:
                    continue
                if paths:
                    value = convert(tree(attributes, paths), context)
                else:
                    value = attributes[key]
                    if convert is not text or type(value) is not str:  # most values are strings that stay as they are
                        value = convert(value, context)
                    elif not value:
                        continue
                if value is None:
                    continue
                if column == "*":
                    known = set(out)
                    for name, part in value.items():
                        if name == "usage_accounting" and "input_tokens" in known:
                            continue  # said of a count that another rule has given already
                        if name in allowed and part is not None and name not in out:
                            out[name] = part
                            got = True
                else:
                    out[column] = value
                    got = True
            if got and not mixed:
                break
