"""Log records that carry no trace context, given to the span that was being written when they were emitted.

Some senders emit GenAI events outside the span's context, so that the records have neither trace nor span id (Traceloop's
Anthropic instrumentation in event mode). Such a record belongs to a span if exactly one span of its own service and
scope was open at its time. With two open spans nobody can say, and a wrong conversation is worse than none.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple


class Emitter(NamedTuple):
    """A span that may have emitted log records."""

    service: str
    scope_name: str
    start_ns: int
    end_ns: int


class Orphan(NamedTuple):
    """A log record without trace context; `time_ns` is its time, or when it was observed where it has none."""

    service: str
    scope_name: str
    time_ns: int


def adopt(spans: Sequence[Emitter], logs: Sequence[Orphan]) -> list[int | None]:
    """For each log record the index of the one span that was open, or None. Independent of the order of either.

    Give every span of the workspace that was open at the time of any of the records, or one that overlaps unseen may
    make the answer wrong.
    """
    by_scope: dict[tuple[str, str], list[int]] = {}
    for i, span in enumerate(spans):
        by_scope.setdefault((span.service, span.scope_name), []).append(i)
    starts: dict[tuple[str, str], list[int]] = {}
    latest_end: dict[tuple[str, str], list[int]] = {}
    for key, members in by_scope.items():
        members.sort(key=lambda i: (spans[i].start_ns, spans[i].end_ns))
        starts[key] = [spans[i].start_ns for i in members]
        reach, so_far = 0, []
        for i in members:
            reach = max(reach, spans[i].end_ns)
            so_far.append(reach)
        latest_end[key] = so_far
    return [_only_open(spans, log, by_scope, starts, latest_end) for log in logs]


def _only_open(
    spans: Sequence[Emitter],
    log: Orphan,
    by_scope: dict[tuple[str, str], list[int]],
    starts: dict[tuple[str, str], list[int]],
    latest_end: dict[tuple[str, str], list[int]],
) -> int | None:
    key = (log.service, log.scope_name)
    if key not in by_scope or not log.time_ns:
        return None
    members, reach = by_scope[key], latest_end[key]
    found: int | None = None
    for position in range(bisect_right(starts[key], log.time_ns) - 1, -1, -1):
        if reach[position] < log.time_ns:
            break  # everything before this has ended
        if spans[members[position]].end_ns >= log.time_ns:
            if found is not None:
                return None
            found = members[position]
    return found
