"""The read model: what each view says of traffic whose numbers are known, from spans and again from rollups."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from assay.otlp.decode import Decoder
from assay.scorer.rollup import roll
from assay.scorer.settle import drain
from assay.spans.prices import Prices
from assay.store.store import Store
from assay.store.write import Writer
from tests.store.otlp import span

Rows = list[dict[str, Any]]

DOCUMENTS = json.dumps([
    {"id": "d1", "score": 0.9, "content": "Returns are free.", "version": "3", "updated_at": "2026-09-01", "selected": True},
    {"id": "d2", "content": "Norway has no office.", "selected": False},
    {"id": "d3", "score": 0.2},
])  # fmt: skip
WHO = {"gen_ai__conversation__id": "c-1", "user__id": "u-1"}
CHAT = {"gen_ai__prompt__version": "v1", "tenant__id": "acme", **WHO}
ASKS_TOOLS = json.dumps([
    {"role": "assistant", "parts": [{"type": "tool_call", "id": f"call-{name}", "name": name, "arguments": {}} for name in ("stock", "fly")]}
])  # fmt: skip
OFFERED = json.dumps([{"type": "function", "name": "stock"}, {"type": "function", "name": "price"}])
REQUEST = [
    span(1, 1, ms=900, name="POST /answer", service="web", user__id="u-1"),
    span(1, 2, parent=1, at_ms=5, ms=800, name="invoke_agent", tokens=(300, 30), **CHAT | {"gen_ai__operation__name": "invoke_agent"}),
    span(1, 3, parent=2, at_ms=10, ms=50, name="retrieval", gen_ai__operation__name="retrieval", gen_ai__retrieval__documents=DOCUMENTS,
         gen_ai__retrieval__query__text="returns?", gen_ai__data_source__id="kb"),
    span(1, 4, parent=2, at_ms=70, ms=300, tokens=(100, 10), **CHAT, gen_ai__output__messages=ASKS_TOOLS, gen_ai__tool__definitions=OFFERED,
         gen_ai__usage__cache_read__input_tokens=40, gen_ai__usage__reasoning__output_tokens=4),
    span(1, 5, parent=2, at_ms=400, ms=20, name="execute_tool", gen_ai__operation__name="execute_tool", gen_ai__tool__name="stock",
         gen_ai__tool__call__id="call-stock", gen_ai__tool__call__arguments="{}", gen_ai__tool__call__result="12 left"),
    span(1, 6, parent=2, at_ms=430, ms=300, tokens=(200, 20), **CHAT),
]  # fmt: skip
FAILED = [span(2, 7, ms=100, name="POST /answer", service="web"),
          span(2, 8, parent=7, ms=50, tokens=(7, 0), error=True, error__type="timeout", gen_ai__request__model="house-model", **WHO)]  # fmt: skip


@pytest.fixture
def ask(store: Store, writer: Writer, send: Callable[..., None]) -> Callable[[str], Rows]:
    """Rows of a question about the two requests, settled: the same ones before and after the rollups are built."""
    send(REQUEST, FAILED)
    drain(store, writer, Decoder())

    def asked(sql: str) -> Rows:
        rows = store.rows(sql)
        roll(store, lag_seconds=0)
        assert store.rows(sql) == rows
        return rows

    return asked


def cost(*calls: tuple[int, int, int]) -> Decimal:
    """What calls of (input, output, cached) tokens cost in dollars."""
    prices = Prices()
    each = [prices.cost("openai", "gpt-4o-mini", (*one, 0)) for one in calls]
    assert all(each)
    return sum((Decimal(f"{one[0]:.12f}") for one in each if one), Decimal())


def test_a_trace_counts_every_model_call_once(ask: Callable[[str], Rows]) -> None:
    one, two = ask(
        "SELECT service, root_name, root_missing, duration_ms, services, models, prompt_versions, spans, model_calls, tool_calls, errors, error_type,"
        " input_tokens, output_tokens, cache_read_tokens, reasoning_tokens, cost_usd, unpriced, conversation_id, user_id FROM traces ORDER BY trace_id"
    )
    assert one.pop("cost_usd") == cost((100, 10, 40), (200, 20, 0))
    assert one == {
        "service": "web", "root_name": "POST /answer", "root_missing": 0, "duration_ms": 900, "services": ["shop", "web"],
        "models": ["gpt-4o-mini"], "prompt_versions": ["v1"], "spans": 6, "model_calls": 2, "tool_calls": 1, "errors": 0, "error_type": "",
        "input_tokens": 300, "output_tokens": 30, "cache_read_tokens": 40, "reasoning_tokens": 4, "unpriced": 0,
        "conversation_id": "c-1", "user_id": "u-1",
    }  # fmt: skip
    assert (two["errors"], two["error_type"], two["unpriced"], two["cost_usd"]) == (1, "timeout", 1, 0)


def test_cost_by_stage_counts_every_call_once_and_says_what_has_no_price(ask: Callable[[str], Rows]) -> None:
    rows = ask(
        "SELECT stage, model, prompt_version, spans, input_tokens, output_tokens, cache_read_tokens, reasoning_tokens, cost_usd, unpriced"
        " FROM cost_by_stage WHERE cohort_key = '' AND service = 'shop' ORDER BY stage, model"
    )
    assert {(row["stage"], row["model"]): tuple(row.values())[2:] for row in rows} == {
        ("agent", "gpt-4o-mini"): ("v1", 1, 0, 0, 0, 0, 0, 0),
        ("generation", "gpt-4o-mini"): ("v1", 2, 300, 30, 40, 4, cost((100, 10, 40), (200, 20, 0)), 0),
        ("generation", "house-model"): ("", 1, 7, 0, 0, 0, 0, 1),
        ("retrieval", ""): ("", 1, 0, 0, 0, 0, 0, 0),
        ("tool", ""): ("", 1, 0, 0, 0, 0, 0, 0),
    }
    (tenant,) = ask(
        "SELECT cohort_value, sum(s.spans) AS n FROM cost_by_stage AS s WHERE cohort_key = 'tenant' GROUP BY ALL"
    )
    assert tenant == {"cohort_value": "acme", "n": 3}


def test_the_cost_of_a_trace_is_by_stage_and_model(ask: Callable[[str], Rows]) -> None:
    one, two = ask(
        "SELECT stage, model, calls, input_tokens, output_tokens, cost_usd, unpriced FROM trace_cost ORDER BY trace_id"
    )
    assert one.pop("cost_usd") == cost((100, 10, 40), (200, 20, 0))
    assert one == {
        "stage": "generation",
        "model": "gpt-4o-mini",
        "calls": 2,
        "input_tokens": 300,
        "output_tokens": 30,
        "unpriced": 0,
    }
    assert (two["model"], two["calls"], two["cost_usd"], two["unpriced"]) == ("house-model", 1, 0, 1)


def test_documents_keep_rank_and_what_was_not_said(ask: Callable[[str], Rows]) -> None:
    rows = ask(
        "SELECT rank, document_id, score, document_version, d.updated_at, selected, data_source, t.text AS said, q.text AS asked"
        " FROM retrieved_documents AS d LEFT JOIN texts AS t ON t.hash = d.text LEFT JOIN texts AS q ON q.hash = d.query ORDER BY rank"
    )
    assert [tuple(row.values()) for row in rows] == [
        (1, "d1", 0.9, "3", "2026-09-01", 1, "kb", "Returns are free.", "returns?"),
        (2, "d2", None, "", "", 0, "kb", "Norway has no office.", "returns?"),
        (3, "d3", 0.2, "", "", None, "kb", "", "returns?"),
    ]


def test_tool_calls_are_what_was_asked_for_and_what_ran(ask: Callable[[str], Rows]) -> None:
    rows = ask(
        "SELECT executed, tool_name, call_id, duration_ms, status, offered FROM tool_calls ORDER BY executed, tool_name"
    )
    assert [tuple(row.values()) for row in rows] == [
        (0, "fly", "call-fly", 300, "unset", 0),
        (0, "stock", "call-stock", 300, "unset", 1),
        (1, "stock", "call-stock", 20, "unset", None),
    ]


def test_a_conversation_is_its_turns(ask: Callable[[str], Rows]) -> None:
    (row,) = ask(
        "SELECT conversation_id, traces, model_calls, users, services, models, errors, input_tokens, output_tokens, cost_usd FROM conversations"
    )
    assert row.pop("cost_usd") == cost((100, 10, 40), (200, 20, 0))
    assert row == {
        "conversation_id": "c-1", "traces": 2, "model_calls": 3, "users": ["u-1"], "services": ["shop"],
        "models": ["gpt-4o-mini", "house-model"], "errors": 1, "input_tokens": 307, "output_tokens": 30,
    }  # fmt: skip


def test_coverage_says_how_many_of_a_stage_carry_what_diagnosis_needs(ask: Callable[[str], Rows]) -> None:
    rows = {row.pop("stage"): row for row in ask("SELECT * EXCEPT (workspace, day, service, dialect) FROM coverage")}
    nothing = dict.fromkeys(rows["generation"], 0)
    assert rows == {
        "agent": nothing | {"spans": 1, "with_model": 1, "with_tokens": 1, "with_cost": 1, "with_prompt_version": 1, "with_conversation": 1},
        "generation": nothing | {
            "spans": 3, "with_model": 3, "with_tokens": 3, "with_cost": 2, "with_content": 1, "with_prompt_version": 2, "with_conversation": 3,
            "with_error_type": 1, "errors": 1,
        },
        "retrieval": nothing | {
            "spans": 1, "with_content": 1, "with_document_ids": 1, "with_document_scores": 1, "with_document_texts": 1, "with_query": 1,
        },
        "tool": nothing | {"spans": 1, "with_content": 1, "with_tool_arguments": 1, "with_tool_result": 1},
    }  # fmt: skip


def test_percentiles_are_those_of_the_spans_and_the_tail_is_their_ratio(
    store: Store, send: Callable[..., None], ask: Callable[[str], Rows]
) -> None:
    calls = [
        span(100 + ms, 100 + ms, at_ms=1_000 + ms, ms=ms, tokens=(1, 1), service="slow", error=ms > 97)
        for ms in range(1, 101)
    ]
    send(calls[::2], calls[1::2])
    for view in ("stage_latency", "latency_percentiles"):
        (row,) = ask(f"SELECT spans, errors, p50_ms, p95_ms, p99_ms FROM {view} WHERE service = 'slow'")
        assert (row["spans"], row["errors"]) == (100, 3)
        assert (row["p50_ms"], row["p95_ms"], row["p99_ms"]) == pytest.approx((51, 96, 100), rel=5e-4)
    (tail,) = ask("SELECT spans, p95_ms, p99_ms, p99_to_p95 FROM latency_ratio WHERE service = 'slow'")
    assert tuple(tail.values()) == pytest.approx((100, 96, 100, 100 / 96), rel=5e-4)
    other = ask("SELECT stage, spans, errors FROM stage_latency WHERE service = 'shop' ORDER BY stage")
    assert [tuple(row.values()) for row in other] == [
        ("agent", 1, 0),
        ("generation", 3, 1),
        ("retrieval", 1, 0),
        ("tool", 1, 0),
    ]
