"""Checks of serving: limits, time-outs, provider errors, the first token."""

import re
from collections.abc import Iterator

from assay.checks.check import Check, Find, Narrow, Spans
from assay.checks.evidence import compared
from assay.checks.finding import Evidence

SLOW_FIRST_TOKEN_MS = 5_000
"""First tokens later than this are a finding: by then people think that it hangs."""
SLOW_AFTER_REASONING_MS = 30_000
"""Where the model thinks before it speaks."""

_SERVED = frozenset({"generation", "embedding", "retrieval", "rerank", "guardrail"})


TIMED_OUT = re.compile(
    r"time[d ]?-?\s?out|deadline (?:\w+ ){0,4}exceeded|exceeded (?:the |its |a )?(?:time limit|deadline|maximum (?:execution )?time)|took too long|"
    r"(?:no|without) (?:a )?(?:response|answer|reply) (?:within|after|in) \d|did not (?:respond|answer|reply|finish|complete) (?:in time|within)",
    re.IGNORECASE,
)
"""How it is said that something did not end in time."""
_OF_PROVIDER = re.compile(r"\bError code: \d{3}\b")
"""How the clients of OpenAI and Anthropic begin the message of a failed request, wherever it ends up."""


def _served(spans: Spans) -> list[int]:
    """Calls to others, and agents that failed with a provider's own words: some libraries have no span for a failed call."""
    message = spans.columns["status_message"]
    agents = [row for row in spans.where("stage", frozenset({"agent"})) if _OF_PROVIDER.search(message[row])]
    found = spans.where("stage", _SERVED)
    return sorted([*found, *agents]) if agents else found


def _with(*kinds: str) -> Narrow:
    def narrow(spans: Spans, rows: list[int]) -> list[int]:
        errors = spans.columns["error_type"]
        return [row for row in rows if errors[row] in kinds]

    return narrow


def _timed_out(spans: Spans, rows: list[int]) -> list[int]:
    """By kind of error, or by its words where a client gave up and reports that it was cancelled."""
    errors, message = spans.columns["error_type"], spans.columns["status_message"]
    return [
        row
        for row in rows
        if errors[row] == "timeout" or (errors[row] in ("cancelled", "other") and TIMED_OUT.search(message[row]))
    ]


def _error(spans: Spans, row: int) -> Iterator[Evidence]:
    columns = spans.columns
    yield compared(
        note=columns["status_message"][row][:120], error=columns["error_class"][row] or columns["error_type"][row],
        http_status=columns["http_status"][row], duration_ms=columns["duration_ns"][row] // 1_000_000,
        retries=columns["retry_count"][row],
    )  # fmt: skip


def _timed(spans: Spans) -> list[int]:
    first, duration = spans.columns["time_to_first_token_ns"], spans.columns["duration_ns"]
    # A first token after the end is a sender's mistake about units, and says nothing.
    return [row for row in spans.calls if first[row] is not None and first[row] <= duration[row]]


def _late(spans: Spans, rows: list[int]) -> list[int]:
    first = spans.columns["time_to_first_token_ns"]
    return [row for row in rows if first[row] > _limit_ms(spans, row) * 1_000_000]


def _limit_ms(spans: Spans, row: int) -> int:
    return SLOW_AFTER_REASONING_MS if spans.columns["reasoning_tokens"][row] else SLOW_FIRST_TOKEN_MS


def _slow(spans: Spans, row: int) -> Iterator[Evidence]:
    yield compared(
        first_token_ms=spans.columns["time_to_first_token_ns"][row] // 1_000_000, limit_ms=_limit_ms(spans, row)
    )


_FIND: Find = _error

CHECKS = (
    Check(
        "serving.rate_limited",
        "serving_bottleneck.rate_limited",
        1,
        _served,
        _FIND,
        _with("rate_limited"),
        confidence=0.98,
    ),
    Check("serving.timeout", "serving_bottleneck.timeout", 2, _served, _FIND, _timed_out, confidence=0.97),
    Check(
        "serving.provider_error",
        "serving_bottleneck.provider_error",
        1,
        _served,
        _FIND,
        _with("provider_error", "connection"),
        confidence=0.97,
    ),
    Check("serving.first_token", "serving_bottleneck.slow_first_token", 1, _timed, _slow, _late, confidence=0.9),
)
