"""The tree of a trace from plain rows: totals, nesting, and what may go wrong with parents."""

import json
from typing import Any

from assay.cli.output import print_json
from assay.cli.tree import DEEPEST, assemble, dollars, duration, hashes_of, message_text, render, shortened

NO = "0" * 32
ROW: dict[str, Any] = {
    "workspace": "default", "span_id": "a", "parent_span_id": "", "start_ns": 1_800_000_000_000_000_000,
    "duration_ns": 2_000_000_000, "clock_flags": "", "service": "bot", "release": "", "environment": "", "dialect": "otel",
    "name": "POST /ask", "stage": "ingress", "operation": "", "status": "ok", "status_message": "", "error_type": "",
    "error_class": "", "http_status": 0, "provider": "", "model": "", "request_model": "", "streaming": 0,
    "finish_reasons": [], "time_to_first_token_ns": None, "retry_count": 0, "parse_fallback": 0, "input_tokens": None,
    "output_tokens": None, "cache_read_tokens": None, "cache_write_tokens": None, "reasoning_tokens": None,
    "usage_role": "", "twin_of": "", "cost_usd": None, "counts": 1, "cost": 0, "prompt_name": "", "prompt_version": "",
    "request_parameters": "", "question": NO, "answer": NO, "system_prompt": NO, "content_captured": 0, "log_records": 0,
    "tool_name": "", "tool_call_id": "", "tool_arguments": NO, "tool_result": NO, "tool_call_names": [],
    "tool_call_ids": [], "tool_call_arguments": [], "retrieval_query": NO, "retrieval_top_k": 0, "data_source": "",
    "document_ids": [], "document_ranks": [], "document_scores": [], "document_texts": [], "document_versions": [],
    "document_updated_at": [], "document_selected": [], "guardrail_names": [], "guardrail_verdicts": [], "request_id": "",
    "conversation_id": "", "user_id": "", "agent_name": "", "feature": "", "route": "", "workflow": "", "intent": "",
    "outcome": "", "cohort_keys": [], "cohort_values": [],
}  # fmt: skip


def row(span_id: str, parent: str = "", at_ms: int = 0, **changes: Any) -> dict[str, Any]:
    return (
        ROW | {"span_id": span_id, "parent_span_id": parent, "start_ns": ROW["start_ns"] + at_ms * 1_000_000} | changes
    )


def call(span_id: str, parent: str = "", **changes: Any) -> dict[str, Any]:
    usage = {
        "stage": "generation",
        "model": "gpt-4o",
        "input_tokens": 100,
        "output_tokens": 20,
        "usage_role": "own",
        "cost_usd": 0.001,
    }
    return row(span_id, parent, **(usage | changes))


def text_of(rows: list[dict[str, Any]], texts: dict[str, str] | None = None) -> str:
    return "\n".join(line.plain for line in render(assemble("t", rows, texts or {}), width=140))


def names(spans: list[dict[str, Any]]) -> list[Any]:
    return [(span["span_id"], names(span["children"])) for span in spans]


def test_children_stand_below_their_parent_in_the_order_in_which_they_started():
    trace = assemble("t", [row("b", "a", 20), row("c", "a", 10), row("d", "c", 15), row("a")], {})
    assert names(trace["spans"]) == [("a", [("c", [("d", [])]), ("b", [])])]


def test_a_cycle_is_cut_and_every_span_appears_once():
    trace = assemble("t", [row("a", "b"), row("b", "c", 1), row("c", "a", 2), row("d", "d", 3)], {})
    assert names(trace["spans"]) == [("d", []), ("a", [("c", [("b", [])])])]


def test_a_missing_root_is_said():
    assert "root span has not arrived" in text_of([row("b", "gone")])


def test_a_deep_trace_renders():
    rows = [row(str(depth), str(depth - 1) if depth else "", depth) for depth in range(3000)]
    assert text_of(rows).count("ingress POST /ask") == 3000


def test_a_deep_trace_is_nested_only_so_far_that_it_can_be_printed(capsys):
    rows = [row(str(depth), str(depth - 1) if depth else "", depth) for depth in range(3000)]
    trace = assemble("t", rows, {})
    print_json(trace)
    printed = json.loads(capsys.readouterr().out)
    level, levels = printed["spans"], 0
    while level:
        levels += 1
        level, last = level[0]["children"], level
    assert levels == DEEPEST
    assert [span["span_id"] for span in last] == [str(depth) for depth in range(DEEPEST - 1, 3000)]
    assert max(len(line.plain) for line in render(trace, width=140)) < 60 + 3 * DEEPEST + 60


def test_twins_and_repeating_parents_are_shown_and_not_counted():
    rows = [
        call("a", stage="agent", usage_role="repeats_children", counts=0),
        call("b", "a"),
        call("c", "a", usage_role="twin", twin_of="b", counts=0),
    ]
    trace = assemble("t", rows, {})
    assert (trace["input_tokens"], trace["output_tokens"], trace["model_calls"], trace["cost_usd"]) == (
        100,
        20,
        1,
        0.001,
    )
    shown = text_of(rows)
    assert "second report of b, not counted" in shown
    assert "usage repeats its children, not counted" in shown


def test_an_unknown_price_is_never_zero():
    rows = [call("a", cost_usd=None)]
    assert assemble("t", rows, {})["cost_usd"] is None
    assert "price unknown" in text_of(rows)
    assert "or more" in text_of([call("a", cost_usd=None), call("b")])


def test_documents_show_rank_score_selection_and_text():
    rows = [
        row("a", stage="retrieval", document_ids=["kb-1", "", "kb-3"], document_ranks=[1, 2, 3],
            document_scores=[0.91, None, 0.2], document_texts=["11" * 16, NO, NO], document_selected=[1, 2, 0],
            document_versions=["v2", "", ""])
    ]  # fmt: skip
    lines = [line.strip(" │") for line in text_of(rows, {"11" * 16: "Refunds take\n30 days."}).splitlines()]
    assert "✓ #1   0.910  kb-1 @v2  Refunds take 30 days." in lines
    assert "#2 (no id)" in [" ".join(line.split()) for line in lines]
    assert "✗ #3   0.200  kb-3" in lines


def test_a_retrieval_without_documents_says_so():
    assert "no documents" in text_of([row("a", stage="retrieval")])


def test_tools_show_what_they_were_called_with_and_what_they_returned():
    rows = [
        call("a", tool_call_names=["search"], tool_call_ids=["1"], tool_call_arguments=["22" * 16]),
        row("b", "a", stage="tool", tool_arguments="22" * 16, tool_result="33" * 16),
    ]
    shown = text_of(rows, {"22" * 16: '{"q": "x"}', "33" * 16: "nothing\nfound"})
    assert '→ search({"q": "x"})' in shown
    assert 'arguments: {"q": "x"}' in shown
    assert "result: nothing found" in shown


def test_an_error_shows_its_kind_its_class_and_its_message():
    rows = [
        call(
            "a",
            status="error",
            error_type="rate_limited",
            http_status=429,
            error_class="openai.RateLimitError",
            status_message="slow down",
        )
    ]
    shown = text_of(rows)
    assert "error: rate_limited · 429 · openai.RateLimitError · slow down" in shown
    assert "1 error (rate_limited)" in shown


def test_the_answer_is_that_of_the_last_call_and_none_when_that_failed():
    message = '{"role":"assistant","parts":[{"type":"text","content":"first"}]}'
    first = call("a", answer="44" * 16)
    failed = call("b", at_ms=5, status="error")
    assert assemble("t", [first], {"44" * 16: message})["answer"] == "first"
    assert assemble("t", [first, failed], {"44" * 16: message})["answer"] == ""


def test_hashes_are_asked_for_once_and_absent_ones_not_at_all():
    rows = [row("a", question="11" * 16), row("b", question="11" * 16, document_texts=["22" * 16, NO])]
    assert sorted(hashes_of(rows)) == ["11" * 16, "22" * 16]


def test_a_message_that_is_not_of_the_convention_is_shown_as_it_is():
    assert message_text("plain") == "plain"
    assert message_text('{"role":"user"}') == '{"role":"user"}'
    assert message_text('{"parts":[{"type":"tool_call","name":"f","arguments":{"a":1}}]}') == '→ f({"a": 1})'


def test_a_message_that_says_nothing_is_shown_as_nothing():
    assert message_text('{"role":"user","parts":[{"type":"text","content":""}]}') == ""
    assert message_text('{"role":"user","parts":[]}') == ""
    picture = '{"role":"user","parts":[{"type":"blob","modality":"image"}]}'
    assert message_text(picture) == picture


def test_numbers_are_written_as_people_write_them():
    assert [duration(ms) for ms in (0, 0.4, 12.3, 1500, 12_000, 125_000)] == [
        "0 ms", "0.4 ms", "12 ms", "1.50 s", "12.0 s", "2 m 5 s",
    ]  # fmt: skip
    assert [dollars(usd) for usd in (None, 0, 12.5, 0.0123, 0.00012, 0.00000001)] == [
        "unknown", "$0.00", "$12.50", "$0.0123", "$0.00012", "<$0.000001",
    ]  # fmt: skip
    assert shortened("a  b\nc", 10) == "a b c"
    assert shortened("abcdefgh", 4) == "abc…"
