"""The clock rule: every span gets a time that a table can be partitioned by, from the span's own content only.

Senders have wild clocks. The rule never looks at the present, so that a retry of the same span is the same row.
"""

from assay.spans.raw import RawSpan

EARLIEST_NS = 1_577_836_800_000_000_000
"""2020-01-01T00:00:00Z."""
LATEST_NS = 4_102_444_800_000_000_000
"""2100-01-01T00:00:00Z, not included."""


def clock_rule(span: RawSpan) -> tuple[int, int, str]:
    """Start, duration (nanoseconds) and the names of the rules that touched them, joined by a comma."""
    start, end = span.start_ns, span.end_ns
    if EARLIEST_NS <= start <= end < LATEST_NS:
        return start, end - start, ""
    flags = []
    others = [time for time in (end, *(event.time_ns for event in span.events)) if EARLIEST_NS <= time < LATEST_NS]
    if start == 0:
        flags.append("start_missing")
    elif start < EARLIEST_NS:
        flags.append("start_too_early")
    elif start >= LATEST_NS:
        flags.append("start_too_late")
    if flags:
        start = others[0] if others else (LATEST_NS - 1 if start >= LATEST_NS else EARLIEST_NS)
    if end == 0:
        flags.append("end_missing")
        end = start
    elif end < EARLIEST_NS or end >= LATEST_NS:
        flags.append("end_out_of_range")
        end = start
    elif end < start:
        flags.append("end_before_start")
        end = start
    return start, end - start, ",".join(flags)


def clock_rule_of_log(time_ns: int, observed_ns: int) -> int:
    """Time of a log record: its own, else when it was observed, clamped into the same range."""
    for time in (time_ns, observed_ns):
        if EARLIEST_NS <= time < LATEST_NS:
            return time
    return LATEST_NS - 1 if max(time_ns, observed_ns) >= LATEST_NS else EARLIEST_NS
