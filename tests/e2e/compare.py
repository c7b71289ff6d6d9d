"""Compares what every view and rollup says with the ledger. Exactly: counts, token sums, and cost to the last digit.

`compare(client, ledger)` gives one `Line` per question; `line.wrong` says in how many groups the answers differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from clickhouse_connect.driver.client import Client

from tests.e2e.traffic import Ledger

SUMS = "sum(s.input_tokens), sum(s.output_tokens), sum(s.cache_read_tokens)"


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison. `expected` and `found` are totals for people; `wrong` counts the groups that differ."""

    asked: str
    groups: int
    expected: str
    found: str
    wrong: int
    example: str = ""


def stored(client: Client) -> tuple[int, int]:
    """(spans, log records) in the store now."""
    counts = [client.query(f"SELECT count() FROM {view}").result_rows[0][0] for view in ("spans_live", "log_events")]
    return int(counts[0]), int(counts[1])


def compare(client: Client, ledger: Ledger, *, closed_before_hour: int) -> list[Line]:
    """Ask everything once. Hours (since 1970) before `closed_before_hour` have to come from rollups of whole hours."""
    spans = ledger.spans
    calls = {key: span for key, span in spans.items() if span.stage == "generation" and span.role == "own"}
    from_logs = {key: span.answer for key, span in spans.items() if span.from_log}
    answers = {key: span.answer for key, span in spans.items() if span.answer}
    return [
        _line(client, "spans_live: span, role", {key: (1, span.role) for key, span in spans.items()},
              # A span that reports no usage has no role.
              "SELECT trace_id, span_id, count(), any(if(usage_role = '', 'own', usage_role)) FROM spans_live GROUP BY ALL", keys=2),
        _line(client, "raw_spans: span", dict.fromkeys(spans, (1,)),
              "SELECT trace_id, span_id, count() FROM raw_spans GROUP BY ALL", keys=2),
        _line(client, "generations: span, tokens, cost",
              {key: (1, s.input_tokens, s.output_tokens, s.cache_read_tokens, s.cost_usd) for key, s in calls.items()},
              "SELECT trace_id, span_id, count(), sum(ifNull(input_tokens, 0)), sum(ifNull(output_tokens, 0)), sum(ifNull(cache_read_tokens, 0)), sum(cost) FROM generations GROUP BY ALL", keys=2),
        _line(client, "traces: spans, errors, tokens, cost", {key: (v[0], *v[2:]) for key, v in ledger.totals("trace_id").items()},
              "SELECT trace_id, spans, errors, ifNull(input_tokens, 0), ifNull(output_tokens, 0), ifNull(cache_read_tokens, 0), cost_usd FROM traces"),
        _line(client, "trace_cost: tokens, cost", {key: v for key, v in _sums(ledger.totals("trace_id")).items() if any(v)},
              "SELECT trace_id, sum(s.input_tokens) AS i, sum(s.output_tokens) AS o, sum(s.cost_usd) AS c FROM trace_cost AS s GROUP BY trace_id HAVING i > 0 OR o > 0"),
        _line(client, "rollup: service, stage, model, hour", ledger.totals("service", "stage", "model", "hour"),
              "SELECT service, stage, model, toString(intDiv(toUnixTimestamp(bucket), 3600)), sum(s.spans), sum(s.twins), sum(s.errors), "
              f"{SUMS}, sum(s.cost_usd) FROM rollup AS s WHERE cohort_key = '' GROUP BY 1, 2, 3, 4", keys=4),
        _line(client, "rollup: tenant, model", ledger.totals("tenant", "model"),
              "SELECT cohort_value, model, sum(s.spans), sum(s.twins), sum(s.errors), "
              f"{SUMS}, sum(s.cost_usd) FROM rollup AS s WHERE cohort_key = 'tenant' GROUP BY 1, 2", keys=2),
        _line(client, "rollup_between: tenant, model", ledger.totals("tenant", "model"),
              "SELECT cohort_value, model, sum(s.spans), sum(s.twins), sum(s.errors), "
              f"{SUMS}, sum(s.cost_usd) FROM rollup_between(since = toDateTime(0), until = now() + INTERVAL 1 DAY) AS s WHERE cohort_key = 'tenant' GROUP BY 1, 2", keys=2),
        _line(client, "cost_by_stage: stage, model", {key: (v[0], *v[3:]) for key, v in ledger.totals("stage", "model").items()},
              f"SELECT stage, model, sum(s.spans), {SUMS}, sum(s.cost_usd) FROM cost_by_stage AS s WHERE cohort_key = '' GROUP BY 1, 2", keys=2),
        _line(client, "rollup: closed hours, whole", {key: v[:1] for key, v in ledger.totals("hour").items() if int(key[0]) < closed_before_hour},
              "SELECT toString(intDiv(toUnixTimestamp(bucket), 3600)), sum(s.spans) FROM rollup AS s WHERE cohort_key = '' AND bucket_seconds = 3600 "
              f"AND toUnixTimestamp(bucket) < {closed_before_hour * 3600} GROUP BY 1"),
        _line(client, "log_events", {(): (ledger.logs,)}, "SELECT count() FROM log_events", keys=0),
        _line(client, "evaluation_results", {(): (ledger.evaluations,)}, "SELECT count() FROM evaluation_results", keys=0),
        _line(client, "retrieved_documents", {(): (sum(span.documents for span in spans.values()),)},
              "SELECT count() FROM retrieved_documents", keys=0),
        _line(client, "messages: every answer", {key: (1, text) for key, text in answers.items()},
              "SELECT trace_id, span_id, count(), any(text) FROM messages WHERE direction = 'output' GROUP BY ALL", keys=2),
        _line(client, "  of these from log records", dict.fromkeys(from_logs, (1,)),
              "SELECT trace_id, span_id, toInt64(any(notEmpty(output_messages))) FROM spans_live WHERE stage = 'generation' AND log_records > 0 AND span_id IN "
              "(SELECT span_id FROM log_events WHERE event_name = 'gen_ai.client.inference.operation.details') GROUP BY ALL", keys=2),
    ]  # fmt: skip


def table(lines: list[Line]) -> str:
    """The comparison for people."""
    width = max(len(line.asked) for line in lines)
    head = f"{'view':<{width}}  {'groups':>8}  {'ledger':>34}  {'store':>34}  differ"
    body = [
        f"{line.asked:<{width}}  {line.groups:>8}  {line.expected:>34}  {line.found:>34}  {line.wrong:>6}"
        for line in lines
    ]
    examples = [f"  {line.asked}: {line.example}" for line in lines if line.wrong]
    return "\n".join([head, "-" * len(head), *body, *examples])


def _line(
    client: Client, asked: str, expected: Mapping[tuple[str, ...], tuple[Any, ...]], sql: str, *, keys: int = 1
) -> Line:
    found: dict[tuple[str, ...], tuple[Any, ...]] = {}
    doubled = 0
    for row in client.query(sql, column_oriented=False).result_rows:
        key = tuple(row[:keys])
        doubled += key in found
        found[key] = tuple(row[keys:])
    differ = [key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)]
    first = min(differ, default=None)
    example = "" if first is None else f"{first} ledger {expected.get(first)} store {found.get(first)}"
    return Line(asked, len(expected), _total(expected), _total(found), len(differ) + doubled, example)


def _sums(totals: Mapping[tuple[str, ...], tuple[Any, ...]]) -> dict[tuple[str, ...], tuple[Any, ...]]:
    """(input, output, cost) of totals."""
    return {key: (value[3], value[4], value[6]) for key, value in totals.items()}


def _total(values: Mapping[tuple[str, ...], tuple[Any, ...]]) -> str:
    """Column sums of the numbers; texts are counted by their row."""
    sums: dict[int, Decimal] = {}
    for value in values.values():
        for i, one in enumerate(value):
            if isinstance(one, int | Decimal):
                sums[i] = sums.get(i, Decimal(0)) + one
    return " ".join(f"{total.normalize():f}" for _, total in sorted(sums.items()))
