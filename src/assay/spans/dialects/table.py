"""The engine: dialect tables as data, and the plan that a span's keys select.

A `Dialect` says how it is recognised and, per group of columns, which keys carry what. A span's scope and the tuple of
its keys decide the plan, which is compiled once: which dialects fit, in which order, and which of their rules have a key
to read. In a group the first dialect that yields anything wins, so that one span never mixes two accountings; in the
groups of `MIXED` every column is filled on its own, because names, labels, and the one tool run or retrieval of a span
cannot be counted twice.

Most columns that a call fills say the same in many calls (model, provider, parameters, prompt version). These are
`steady`: the plan remembers them by the values that they were read from, and only the rest is done for every span.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from assay.spans.columns import COLUMNS, LC
from assay.spans.dialects import convert as c
from assay.spans.dialects.context import Context
from assay.spans.dialects.labels import LabelKeys

Convert = Callable[[Any, Context], Any]

GROUPS = (
    "operation", "call", "parameters", "finish", "usage", "cost", "input", "system", "output", "definitions", "tool",
    "retrieval", "prompt", "guardrail", "latency", "who", "error",
)  # fmt: skip
MIXED = frozenset({"call", "prompt", "guardrail", "who", "error", "latency", "finish", "tool", "retrieval"})

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


_STEADY = frozenset(
    column.name for column in COLUMNS if column.type in (LC, "Array(LowCardinality(String))", "UInt8", "UInt16")
) | {"request_parameters"}
"""Columns that take few values."""

_PURE = frozenset({
    c.text, c.model, c.quoted, c.operation, c.provider, c.finish_reasons, c.output_type, c.flag, c.small, c.parameters,
})  # fmt: skip
"""Converters that look at nothing but the value."""

_MAX_REMEMBERED_CHARACTERS = 2000


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
    beside: str = ""
    """Beginning of a key that a span of `scopes` must have too, where other spans share the scope."""

    def fits(self, scope: str, keys: Sequence[str]) -> bool:
        """Whether a span of this scope with these keys is written in this dialect."""
        if (
            self.scopes
            and scope.startswith(self.scopes)
            and (not self.beside or any(key.startswith(self.beside) for key in keys))
        ):
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
    allowed: frozenset[str]
    """The columns of the group, for `*`."""

    @property
    def steady(self) -> bool:
        return self.column in _STEADY and self.convert in _PURE


class Group(NamedTuple):
    """What is tried for one group of columns, best dialect first."""

    mixed: bool
    alternatives: tuple[tuple[Step, ...], ...]


PlainStep = tuple[str, str, tuple[Path, ...], Convert, frozenset[str]]
PlainGroup = tuple[bool, tuple[tuple[PlainStep, ...], ...]]
"""A `Group` of plain tuples, which are taken apart in a third of the time."""


class Work(NamedTuple):
    """The groups to fill for one operation: what may be remembered, and what each span says anew."""

    steady: tuple[PlainGroup, ...]
    changing: tuple[PlainGroup, ...]


class Known(NamedTuple):
    """What spans with equal steady values have in common."""

    columns: dict[str, Any]
    work: Work | None
    """None where the operation itself has to be found for each span."""


class Plan:
    """What to do with spans of one scope and one tuple of keys."""

    __slots__ = (
        "_by_operation", "_fits", "_keys", "_steady_keys", "dialect", "evaluates", "known", "labels", "may_fail",
        "operation", "outside", "steady_operation", "tells_stage",
    )  # fmt: skip

    def __init__(self, scope: str, keys: tuple[str, ...], dialects: Sequence[Dialect], labels: LabelKeys) -> None:
        self._keys = keys
        self._fits = tuple(dialect for dialect in dialects if dialect.fits(scope, keys))
        self.dialect = self._fits[0].name if self._fits else ""
        operation = self._group("operation", None)
        self.operation = plain(operation)
        self.steady_operation = all(step.steady for steps in operation.alternatives for step in steps)
        self._by_operation: dict[str, Work] = {}
        self.labels = labels
        self._steady_keys = self._read_by_steady_steps() if self.steady_operation else ()
        self._steady_keys += tuple(key for _, key in labels.steady if key not in self._steady_keys)
        self.known: dict[tuple[Any, ...], Known] = {}
        self.outside = ""
        """What `dialect` says where no table fits."""
        self.evaluates = False
        self.may_fail = False
        self.tells_stage = False

    def steady_values(self, attributes: Mapping[str, Any], resource: tuple[tuple[str, str], ...]) -> tuple[Any, ...]:
        """What the steady columns are read from, as a key in which 1, 1.0, True and "1" differ."""
        return (
            resource,
            *[v if type(v := attributes[key]) is str else (repr(v),) for key in self._steady_keys],
        )

    def remember(self, values: tuple[Any, ...], known: Known) -> bool:
        """Keep what was found for these values; huge values are not kept."""
        size = sum(len(value if type(value) is str else value[0]) for value in values[1:])
        if size < _MAX_REMEMBERED_CHARACTERS:
            self.known[values] = known
        return size < _MAX_REMEMBERED_CHARACTERS

    def work(self, operation: str) -> Work:
        """The groups to fill once the operation is known."""
        known = self._by_operation.get(operation)
        if known is None:
            known = self._work(operation)
            if len(self._by_operation) < 64:
                self._by_operation[operation] = known
        return known

    def _work(self, operation: str) -> Work:
        """Groups without a choice between dialects become one list of steps."""
        steady: list[Step] = []
        changing: list[Step] = []
        choices: list[Group] = []
        for name in GROUPS[1:]:
            group = self._group(name, operation)
            if not group.mixed and len(group.alternatives) > 1:
                choices.append(group)
                continue
            steps = [step for steps in group.alternatives for step in steps]
            anew = {step.column for step in steps if not step.steady}
            if not self.steady_operation or "*" in anew:
                changing += steps
            else:
                steady += [step for step in steps if step.column not in anew]
                changing += [step for step in steps if step.column in anew]
        return Work(_merged(steady), (*_merged(changing), *map(plain, choices)))

    def _read_by_steady_steps(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for dialect in self._fits:
            for name, rules in dialect.groups.items():
                for rule in rules:
                    for step in _steps(rule, self._keys, ALLOWED.get(name, frozenset())):
                        if step.steady:
                            found.update(dict.fromkeys([key for key, _ in step.paths] or [step.key]))
        return tuple(found)

    def _group(self, name: str, operation: str | None) -> Group:
        alternatives = []
        allowed = ALLOWED.get(name, frozenset())
        for dialect in self._fits:
            steps = [
                step
                for rule in dialect.groups.get(name, ())
                if rule.only is None or operation in rule.only
                for step in _steps(rule, self._keys, allowed)
            ]
            if steps:
                alternatives.append(tuple(steps))
        return Group(name in MIXED, tuple(alternatives))


def plain(group: Group) -> PlainGroup:
    """A group as `fill` takes it."""
    return group.mixed, tuple(tuple(step[:] for step in steps) for steps in group.alternatives)


def _merged(steps: list[Step]) -> tuple[PlainGroup, ...]:
    return (plain(Group(True, (tuple(steps),))),) if steps else ()


def _steps(rule: Rule, keys: tuple[str, ...], allowed: frozenset[str]) -> list[Step]:
    steps = []
    for key in rule.keys:
        if key[-2:] == ".*":
            prefix = key[:-1]
            paths = tuple((k, tuple(k[len(prefix) :].split("."))) for k in keys if k.startswith(prefix))
            if rule.convert is c.parameters:
                paths = tuple(path for path in paths if path[1][0] in c.PARAMETER_NAMES)
            if paths:
                steps.append(Step(rule.column, key, paths, rule.convert, allowed))
        elif key in keys:
            steps.append(Step(rule.column, key, (), rule.convert, allowed))
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


def fill(groups: Sequence[PlainGroup], attributes: Mapping[str, Any], context: Context, out: dict[str, Any]) -> None:
    """Run the steps of each group; `out` gains the columns that they yield."""
    for mixed, alternatives in groups:
        for steps in alternatives:
            got = False
            for column, key, paths, convert, allowed in steps:
                if column in out:
                    continue
                if paths:
                    value = convert(tree(attributes, paths), context)
                else:
                    value = attributes[key]
                    if convert is not c.text or type(value) is not str:  # most values are strings that stay as they are
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
