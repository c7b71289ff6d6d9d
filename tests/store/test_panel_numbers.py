"""Panels of the dashboards on the two requests of test_views.py: each number by hand. What shape they have is tests/deploy/test_panels.py."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from assay.dashboards.panel import statement
from assay.otlp.decode import Decoder
from assay.scorer.settle import drain
from assay.store.store import Store
from assay.store.write import Writer
from tests.deploy.plugin import Range, expand
from tests.store.otlp import START_NS, request
from tests.store.test_views import FAILED, REQUEST

AT = datetime.fromtimestamp(START_NS // 10**9, UTC)
MINUTE, SLOT = AT.replace(second=0), AT.replace(minute=AT.minute // 5 * 5, second=0)
ANY = ("service", "environment", "tenant", "route", "model", "prompt_version", "cohort_value", "stage", "label")
CHOSEN = {
    **dict.fromkeys(ANY, "$__all"),
    "workspace": "default",
    "cohort_key": "everything",
    "words": "",
}
ONE, TWO = f"{1:032x}", f"{2:032x}"
TIMEOUT, UNKNOWN = "serving_bottleneck.timeout", "tool_failure.unknown_tool"

# Calls of gpt-4o-mini: 100 tokens in, of which 40 cached, 10 out; 200 in, 20 out. Slots of rollups are five minutes, spans have their minute.
COST = 0.00006
NUMBERS: dict[str, list[tuple[Any, ...]]] = {
    "agents/agents": [("shop", "invoke_agent", 1, 0, 800, 800)],
    "agents/asked": [("shop", "gpt-4o-mini", "fly", 1, 1), ("shop", "gpt-4o-mini", "stock", 1, 0)],
    "agents/calls": [(MINUTE, "stock", 1)],
    "agents/failed": [(MINUTE, "stock", 0)],
    "agents/steps": [(MINUTE, 2, 2, 1, 1)],
    "agents/tools": [("shop", "stock", 1, 0, 0, "", 20, 20, 1)],
    "assay/arrivals": [(SLOT, "shop", 6 / 5), (SLOT, "web", 2 / 5)],
    "assay/coverage": [
        ("shop", "generation", 3, 1, 1, 2 / 3, 1 / 3, 2 / 3, None, None),
        ("shop", "retrieval", 1, None, None, None, None, None, 1, None),
        ("shop", "tool", 1, None, None, None, None, None, None, 1),
    ],
    "cost/a_request": [(MINUTE, COST / 2, None)],
    "cost/by_cohort": [("everything", 3, 307, 30, COST, 1, 1)],
    "cost/by_model": [(SLOT, "gpt-4o-mini", COST * 12)],
    "cost/by_prompt": [
        ("shop", "gpt-4o-mini", "v1", 2, 150, 15, 40 / 300, COST, COST / 2, 0),
        ("shop", "house-model", "", 1, 7, 0, 0, 0, 0, 1),
    ],
    "cost/by_stage": [("generation", COST)],
    "cost/tokens": [(SLOT, (307 - 40) / 5, 40 / 5, (30 - 4) / 5, 4 / 5)],
    "cost/unpriced": [("house-model", 1, 1, 7, 0), ("gpt-4o-mini", 2, 0, 300, 30)],
    "failures/classes": [(MINUTE, "serving_bottleneck", 60), (MINUTE, "tool_failure", 60)],
    "failures/cohorts": [("everything", 2, 2, 1, 1, TIMEOUT)],
    "failures/examples": [
        (ONE, AT + timedelta(milliseconds=70), UNKNOWN, "error", "generation", "shop", "gpt-4o-mini", "v1", 0.97, '{"called":"fly","offered":"stock, price"}'),
        (TWO, AT, TIMEOUT, "error", "generation", "shop", "house-model", "", 0.97, '{"duration_ms":50,"error":"timeout","http_status":0,"retries":0}'),
    ],
    "failures/first_causes": [
        (TIMEOUT, "generation", 1, 1 / 2, AT, AT, "web", TWO, TIMEOUT),
        (UNKNOWN, "generation", 1, 1 / 2, AT, AT, "web", ONE, UNKNOWN),
    ],
    # Whether it timed out is asked of each model call and of the agent, whether the tool was offered of calls that wanted one.
    "failures/rates": [("tools.unknown", 1, 1, 1), ("serving.timeout", 1, 4, 1 / 4)],
    "failures/share": [(1,)],
    "failures/stages": [("generation", 2)],
    "latency/tail": [
        ("gpt-4o-mini", "v1", "", 2, 2 / 3, 2, 1, 1.5, 300, 300),
        ("house-model", "", "", 1, 1 / 3, 0, 0, 0, 50, 50),
    ],
    "retrieval/best_score": [(MINUTE, "kb", 0.9, 0.9)],
    "retrieval/documents": [
        ("d1", "kb", 1, 1, 0.9, 1, "3", "2026-09-01"),
        ("d2", "kb", 1, 2, None, 0, "", ""),
        ("d3", "kb", 1, 3, 0.2, None, "", ""),
    ],
    "retrieval/empty": [(MINUTE, "shop", 0)],
    "retrieval/sources": [("shop", "kb", 1, 3, 0, 0.9, 0.5, 50)],
    "retrieval/volume": [(MINUTE, "shop", 1)],
    "scorecard/classes": [(MINUTE, "serving_bottleneck", 60), (MINUTE, "tool_failure", 60)],
    "scorecard/cost": [(COST, 1)],
    "scorecard/cost_a_request": [(COST / 2,)],
    "scorecard/errors_by_type": [(SLOT, "timeout", 1 / 8)],
    "scorecard/generation_p95": [(300,)],
    "scorecard/labelled": [(1,)],
    "scorecard/requests": [(MINUTE, 2)],
    "scorecard/requests_failed": [(1 / 2,)],
    "scorecard/services": [("shop", 6, 1 / 6, 300, None, COST, 1), ("web", 2, 0, None, None, 0, 0)],
    "traces/list": [
        (ONE, AT, "web", "POST /answer", 900, 6, 2, 1, 0, "", "", 300, 30, COST, "u-1", "c-1", ""),
        (TWO, AT, "web", "POST /answer", 100, 2, 1, 0, 1, "timeout", "", 7, 0, 0, "u-1", "c-1", ""),
    ],
}  # fmt: skip


def test_panels_say_what_the_spans_do(store: Store, writer: Writer, receive: Callable[..., int]) -> None:
    receive(request(REQUEST), request(FAILED))
    drain(store, writer, Decoder())
    window = Range(AT - timedelta(hours=1), AT + timedelta(minutes=20), 60)
    said = {
        name: [tuple(map(_plain, row.values())) for row in store.rows(expand(statement(name).text, window, CHOSEN))]
        for name in NUMBERS
    }
    expected = {name: [tuple(map(_plain, row)) for row in rows] for name, rows in NUMBERS.items()}
    # Rows with equal keys of their order come in any.
    assert {name: sorted(rows, key=str) for name, rows in said.items()} == {
        name: sorted(rows, key=str) for name, rows in expected.items()
    }


def _plain(value: Any) -> Any:
    """A step of a distribution is 0.04 %, so that percentiles are right to three digits."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return value if value is None or isinstance(value, str) else float(f"{float(value):.3g}")
