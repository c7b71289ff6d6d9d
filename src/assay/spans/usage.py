"""Which reports of token usage count, so that a sum over a trace counts every model call once.

    facts of spans ─► same call? (response id · overlapping report · nested report) ─► parents that repeat ─► marks

Four shapes of double counting are seen in the wild: an agent or framework span that sums up the model calls below it
(`repeats_children`), an SDK and an instrumentation that both report one call (`twin`), one instrumentation that
reports a call at two levels (`twin`), and calls of one loop that each add up those before (all but the last are marked
as `repeats_children` are). A lone agent span that carries the only usage counts.

Pure and deterministic: the result depends on the set of facts, never on their order. Cycles and missing parents are
allowed: a span inside a cycle is judged on its own.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from assay.spans.columns import UsageRole

MODEL_OPERATIONS = frozenset({"chat", "generate_content", "text_completion", "embeddings", "rerank"})
"""Operations that are one call of a model. Whatever else carries usage sums up calls below itself."""

MODEL_STAGES = frozenset({"generation", "embedding", "rerank"})

_NOTE_WITHIN_NS = 100_000_000
"""A report without duration is a note about a call that ended up to this long before."""

_ADDS_UP = "spring-ai"
"""The dialect in which a call of a loop may report what the calls before it used."""

_OPEN_LIMIT = 64
"""Concurrent reports with equal token counts that are searched for a twin; bounds the work on synthetic traffic."""


class SpanFacts(NamedTuple):
    """What the marking needs to know about one span. Token counts and cost are None where they were not reported."""

    trace_id: str
    span_id: str
    parent_span_id: str
    scope_name: str
    dialect: str
    operation: str
    stage: str
    provider: str
    request_model: str
    response_model: str
    response_id: str
    start_ns: int
    duration_ns: int
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: float | None
    has_content: bool


class Mark(NamedTuple):
    """The answer for one span; `twin_of` is the span id of the report that counts, empty unless the role is `twin`."""

    usage_role: UsageRole
    twin_of: str


OWN = Mark("own", "")
REPEATS = Mark("repeats_children", "")


def mark_usage(spans: Sequence[SpanFacts]) -> list[Mark]:
    """One mark per span, in the order given.

    Give all spans of a trace, plus the spans of other traces that may report one of its calls a second time: those that
    share a response id, and those of another scope that overlap in time with equal token counts. The marks of such borrowed spans are incomplete, because their own trace is not here:
    use only the marks of the trace that was given whole. Both traces still agree which of two twins counts, because
    that depends on the twins alone.
    """
    order = sorted(range(len(spans)), key=lambda i: (spans[i].trace_id, spans[i].span_id))
    calls = [i for i in order if _is_call(spans[i])]
    reports = [i for i in order if _reports(spans[i])]
    if len(reports) < 2 and len(calls) < 2:
        return [OWN] * len(spans)
    same = _SameCall(spans)
    _join_by_response_id(spans, calls, same)
    _join_overlapping(spans, [i for i in calls if _reports(spans[i])], same)
    repeating = _walk_up(spans, order, same)
    marks = [OWN] * len(spans)
    for i in (*repeating, *_added_up_later(spans, order, calls)):
        marks[i] = REPEATS
    for members in same.groups():
        best = _best(spans, members)
        for i in members:
            if i != best:
                marks[i] = Mark("twin", spans[best].span_id)
    return marks


def _is_call(span: SpanFacts) -> bool:
    return span.operation in MODEL_OPERATIONS or (not span.operation and span.stage in MODEL_STAGES)


def _reports(span: SpanFacts) -> bool:
    return bool(span.input_tokens or span.output_tokens or span.cost_usd)


def _best(spans: Sequence[SpanFacts], members: list[int]) -> int:
    """The report to keep. Where counts disagree, the innermost report that has both counts is closest to the API:
    Traceloop counts a streamed answer anew where Anthropic's own span passes on what the API said."""
    both = [i for i in members if spans[i].input_tokens and spans[i].output_tokens]
    if len({(spans[i].input_tokens, spans[i].output_tokens) for i in both}) > 1:
        shortest = min(spans[i].duration_ns for i in both)
        members = [i for i in both if spans[i].duration_ns == shortest]
    return min(members, key=lambda i: _preference(spans[i]))


def _preference(span: SpanFacts) -> tuple[int, int, int, str, str]:
    """Sorts the report to keep first: more usage (a reported zero says nothing), content, a place in a larger trace."""
    usage = (
        (span.input_tokens or 0) > 0,
        (span.output_tokens or 0) > 0,
        (span.cache_read_tokens or 0) > 0,
        (span.cache_write_tokens or 0) > 0,
        (span.reasoning_tokens or 0) > 0,
    )
    return (-sum(usage), -int(span.has_content), -int(bool(span.parent_span_id)), span.trace_id, span.span_id)


class _SameCall:
    """Disjoint sets of spans that report one model call."""

    def __init__(self, spans: Sequence[SpanFacts]) -> None:
        self._spans = spans
        self._parent: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}

    def root(self, i: int) -> int:
        while (up := self._parent.get(i, i)) != i:
            i = up
        return i

    def members(self, i: int) -> list[int]:
        root = self.root(i)
        return self._members.get(root, [root])

    def join(self, a: int, b: int) -> None:
        root_a, root_b = self.root(a), self.root(b)
        if root_a == root_b:
            return
        members_a, members_b = self.members(a), self.members(b)
        if len(members_a) < len(members_b):
            root_a, root_b, members_a, members_b = root_b, root_a, members_b, members_a
        self._parent[root_b] = root_a
        self._members.pop(root_b, None)
        self._members[root_a] = [*members_a, *members_b]

    def response_ids(self, i: int) -> set[str]:
        return {self._spans[m].response_id for m in self.members(i)} - {""}

    def groups(self) -> list[list[int]]:
        return list(self._members.values())


def _join_by_response_id(spans: Sequence[SpanFacts], calls: list[int], same: _SameCall) -> None:
    """Reports of one response id are one call if they overlap in time.

    Without the overlap a stub that answers every request with one constant id would make all its calls one.
    """
    by_id: dict[str, list[int]] = {}
    for i in calls:
        if spans[i].response_id:
            by_id.setdefault(spans[i].response_id, []).append(i)
    for group in by_id.values():
        if len(group) < 2:
            continue
        group.sort(key=lambda i: spans[i].start_ns)
        head, open_until = group[0], spans[group[0]].start_ns + spans[group[0]].duration_ns
        for i in group[1:]:
            if spans[i].start_ns <= open_until:
                same.join(head, i)
            else:
                head = i
            open_until = max(open_until, spans[i].start_ns + spans[i].duration_ns)


def _join_overlapping(spans: Sequence[SpanFacts], reports: list[int], same: _SameCall) -> None:
    """Two libraries report one call without sharing an id (the mistralai SDK and its instrumentation do, in two traces).

    One report lies inside the other in time, scopes differ, tokens are equal, models and response ids do not disagree.
    A report without duration (Logfire notes the usage of a stream when it has ended) may also come just after.
    """
    by_tokens: dict[tuple[int | None, int | None], list[int]] = {}
    for i in reports:
        by_tokens.setdefault((spans[i].input_tokens, spans[i].output_tokens), []).append(i)
    for group in by_tokens.values():
        if len(group) < 2 or len({spans[i].scope_name for i in group}) < 2:
            continue
        group.sort(key=lambda i: (spans[i].start_ns, -spans[i].duration_ns))
        open_reports: list[int] = []
        for i in group:
            start, end = spans[i].start_ns, spans[i].start_ns + spans[i].duration_ns
            open_reports = [
                o for o in open_reports if spans[o].start_ns + spans[o].duration_ns + _NOTE_WITHIN_NS >= start
            ]
            for outer in reversed(open_reports[-_OPEN_LIMIT:]):
                grace = _NOTE_WITHIN_NS if start == end else 0
                reach = spans[outer].start_ns + spans[outer].duration_ns + grace
                if reach >= end and _may_be_one_call(spans, outer, i, same):
                    same.join(outer, i)
                    break
            open_reports.append(i)


def _may_be_one_call(spans: Sequence[SpanFacts], outer: int, inner: int, same: _SameCall) -> bool:
    if len(same.response_ids(outer) | same.response_ids(inner)) > 1:
        return False
    if {spans[m].scope_name for m in same.members(outer)} & {spans[m].scope_name for m in same.members(inner)}:
        return False
    return _models_agree(spans[outer], spans[inner])


def _models_agree(a: SpanFacts, b: SpanFacts) -> bool:
    """No disagreement: some dialects send only the model that was asked for, some only the one that answered."""
    models_a = {a.request_model, a.response_model} - {""}
    models_b = {b.request_model, b.response_model} - {""}
    if not models_a or not models_b:
        return True
    return any(x.startswith(y) or y.startswith(x) for x in models_a for y in models_b)


class _Below:
    """What the descendants of a span report, each call once."""

    __slots__ = ("calls", "input_tokens", "output_tokens", "reporters", "sole")

    def __init__(self) -> None:
        self.input_tokens = 0
        self.output_tokens = 0
        self.reporters = 0
        self.calls = False
        self.sole = -1

    def add(self, other: "_Below") -> None:
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.reporters += other.reporters
        self.calls = self.calls or other.calls
        if other.sole >= 0:
            self.sole = other.sole


def _walk_up(spans: Sequence[SpanFacts], order: list[int], same: _SameCall) -> list[int]:
    """Spans that repeat what is below them, leaves first; a nested second report of one call joins `same` instead."""
    index = {(spans[i].trace_id, spans[i].span_id): i for i in order}
    parent: dict[int, int] = {}
    waiting: dict[int, int] = {}
    for i in order:
        up = index.get((spans[i].trace_id, spans[i].parent_span_id))
        if up is not None and up != i:
            parent[i] = up
            waiting[up] = waiting.get(up, 0) + 1
    ready = [i for i in order if i not in waiting]
    below: dict[int, _Below] = {}
    repeating: list[int] = []
    counted: set[tuple[str, int]] = set()
    for i in ready:  # grows while we walk; spans inside a cycle are never ready
        span, under = spans[i], below.pop(i, None)
        if _reports(span):
            under = under or _Below()
            call = _is_call(span)
            if under.reporters or under.calls:
                if not call and (under.calls or _accounts_for(span, under)):
                    repeating.append(i)
                elif call and _accounts_for(span, under):
                    sole = under.sole
                    if under.reporters == 1 and _is_call(spans[sole]) and _ids_agree(i, sole, same):
                        same.join(i, sole)
                    elif same.root(i) != same.root(sole):
                        repeating.append(i)
                else:
                    _count(span, i, under, counted, same)
            else:
                _count(span, i, under, counted, same)
            under.calls = under.calls or call
        up = parent.get(i)
        if up is None:
            continue
        if under is not None:
            if up in below:
                below[up].add(under)
            else:
                below[up] = under
        waiting[up] -= 1
        if not waiting[up]:
            ready.append(up)
    return repeating


def _added_up_later(spans: Sequence[SpanFacts], order: list[int], calls: list[int]) -> list[int]:
    """Calls whose usage is in the next call's. Spring AI 1 runs the loop of tools below one step of its own, and each
    call reports the sum so far; Spring AI 2 opens a step for each call."""
    steps = {
        (spans[i].trace_id, spans[i].span_id) for i in order if spans[i].dialect == _ADDS_UP and not _is_call(spans[i])
    }
    loops: dict[tuple[str, str], list[int]] = {}
    for i in calls:
        step = spans[i].trace_id, spans[i].parent_span_id
        if step in steps and spans[i].dialect == _ADDS_UP and _reports(spans[i]) and spans[i].operation != "embeddings":
            loops.setdefault(step, []).append(i)
    earlier: list[int] = []
    for loop in loops.values():
        loop.sort(key=lambda i: (spans[i].start_ns, spans[i].span_id))
        for i, after in pairwise(loop):
            done = spans[i].start_ns + spans[i].duration_ns <= spans[after].start_ns
            if done and _includes(spans[after], spans[i]):
                earlier.append(i)
    return earlier


def _includes(total: SpanFacts, part: SpanFacts) -> bool:
    return (total.input_tokens or 0) >= (part.input_tokens or 0) and (
        (total.output_tokens or 0) >= (part.output_tokens or 0)
    )


def _count(span: SpanFacts, i: int, under: _Below, counted: set[tuple[str, int]], same: _SameCall) -> None:
    """Add a span's own report to what its ancestors may repeat, unless a twin in its trace was added before."""
    key = (span.trace_id, same.root(i))
    if key in counted:
        return
    counted.add(key)
    under.input_tokens += span.input_tokens or 0
    under.output_tokens += span.output_tokens or 0
    under.reporters += 1
    under.sole = i


def _accounts_for(span: SpanFacts, under: _Below) -> bool:
    """The descendants report exactly what the span reports, in each count that the span has."""
    if under.reporters == 0 or not (span.input_tokens or span.output_tokens):
        return False
    return (span.input_tokens is None or span.input_tokens == under.input_tokens) and (
        span.output_tokens is None or span.output_tokens == under.output_tokens
    )


def _ids_agree(a: int, b: int, same: _SameCall) -> bool:
    return len(same.response_ids(a) | same.response_ids(b)) <= 1
