"""Usage marking: each sentence is one way in which real libraries report a call twice, or look as if they did."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assay.spans.usage import Mark, SpanFacts, mark_usage

COUNTS = Mark("own", "")
REPEATS = Mark("repeats_children", "")


def span(span_id: str, parent: str = "", **given: Any) -> SpanFacts:
    """A chat span of 10 input and 5 output tokens from 100 to 200 ns, but for what the sentence mentions."""
    defaults: dict[str, Any] = {
        "trace_id": "t", "span_id": span_id, "parent_span_id": parent, "scope_name": "lib", "dialect": "otel",
        "operation": "chat", "stage": "generation", "provider": "openai", "request_model": "gpt-4o",
        "response_model": "", "response_id": "", "start_ns": 100, "duration_ns": 100, "input_tokens": 10,
        "output_tokens": 5, "cache_read_tokens": None, "cache_write_tokens": None, "reasoning_tokens": None,
        "cost_usd": None, "has_content": False,
    }  # fmt: skip
    return SpanFacts(**(defaults | given))


def agent(span_id: str, parent: str = "", **given: Any) -> SpanFacts:
    return span(
        span_id, parent, **({"operation": "invoke_agent", "stage": "agent", "start_ns": 0, "duration_ns": 900} | given)
    )


def marks(*spans: SpanFacts) -> dict[str, Mark]:
    """By span id."""
    return {s.span_id: m for s, m in zip(spans, mark_usage(spans), strict=True)}


def counted_input(spans: Sequence[SpanFacts]) -> int:
    return sum(s.input_tokens or 0 for s, m in zip(spans, mark_usage(spans), strict=True) if m.usage_role == "own")


def test_a_lone_call_counts() -> None:
    assert marks(span("a")) == {"a": COUNTS}


def test_a_lone_agent_with_the_only_usage_counts() -> None:
    silent = span("a", "root", input_tokens=None, output_tokens=None)
    assert marks(agent("root", input_tokens=99), silent) == {"root": COUNTS, "a": COUNTS}


def test_an_agent_repeats_its_calls() -> None:
    found = marks(
        agent("root", input_tokens=30, output_tokens=10),
        span("a", "root", input_tokens=10),
        span("b", "root", input_tokens=20, start_ns=300),
    )
    assert found == {"root": REPEATS, "a": COUNTS, "b": COUNTS}


def test_an_agent_that_reports_only_its_last_step_repeats_it() -> None:
    """Vercel AI SDK 5: the outer span has the usage of the last step, not the sum."""
    found = marks(agent("root", input_tokens=20), span("a", "root"), span("b", "root", input_tokens=20, start_ns=300))
    assert found == {"root": REPEATS, "a": COUNTS, "b": COUNTS}


def test_repeating_levels_nest() -> None:
    """Strands: an agent, its cycles and their model calls all report."""
    found = marks(
        agent("root"),
        agent("cycle", "root", start_ns=50),
        span("step", "cycle", operation="plan", input_tokens=None, output_tokens=None),
        span("a", "step"),
    )
    assert found == {"root": REPEATS, "cycle": REPEATS, "step": COUNTS, "a": COUNTS}


def test_a_workflow_repeats_the_lone_agent_below_it() -> None:
    found = marks(agent("root", operation="invoke_workflow"), agent("agent", "root"))
    assert found == {"root": REPEATS, "agent": COUNTS}


def test_a_workflow_with_usage_of_its_own_beside_an_agent_counts() -> None:
    found = marks(agent("root", operation="invoke_workflow", input_tokens=77), agent("agent", "root"))
    assert found == {"root": COUNTS, "agent": COUNTS}


def test_a_chat_span_over_several_calls_repeats_their_sum() -> None:
    found = marks(
        span("root", input_tokens=20, output_tokens=10, duration_ns=900),
        span("a", "root"),
        span("b", "root", start_ns=300),
    )
    assert found == {"root": REPEATS, "a": COUNTS, "b": COUNTS}


def test_a_chat_span_with_other_usage_than_its_children_counts() -> None:
    """A tool inside a generation that asks another model."""
    found = marks(span("root", input_tokens=500), span("a", "root"))
    assert found == {"root": COUNTS, "a": COUNTS}


def test_nested_reports_of_one_call_are_twins() -> None:
    """MLflow: `Completions` below `ChatOpenAI`."""
    found = marks(span("outer", has_content=True), span("inner", "outer", start_ns=110, duration_ns=80))
    assert found == {"outer": COUNTS, "inner": Mark("twin", "outer")}


def test_sdk_and_instrumentation_are_twins_by_response_id() -> None:
    """The Anthropic SDK's own span, without content."""
    native = span("a", scope_name="com.anthropic.sdk.python", response_id="msg_1")
    instrumented = span("b", scope_name="openlit", response_id="msg_1", start_ns=90, duration_ns=120, has_content=True)
    assert marks(native, instrumented) == {"b": COUNTS, "a": Mark("twin", "b")}


def test_where_counts_disagree_the_innermost_report_counts() -> None:
    """Traceloop counts the tokens of a streamed answer itself; the SDK's span passes on what the API said."""
    outer = span("a", scope_name="traceloop", response_id="msg_1", output_tokens=6, has_content=True)
    inner = span("b", scope_name="com.anthropic.sdk.python", response_id="msg_1", start_ns=105, duration_ns=90)
    assert marks(outer, inner) == {"a": Mark("twin", "b"), "b": COUNTS}


def test_a_note_about_a_stream_that_just_ended_is_a_twin() -> None:
    """Logfire: the usage of a stream stands on a span without duration, after the SDK's own span."""
    native = span("a", scope_name="com.anthropic.sdk.python", response_id="msg_1")
    note = span("b", scope_name="logfire.anthropic", start_ns=2_300_000, duration_ns=0, has_content=True)
    assert marks(native, note) == {"a": Mark("twin", "b"), "b": COUNTS}


def test_the_report_with_more_usage_wins_over_content() -> None:
    rich = span("b", scope_name="x", response_id="r", cache_read_tokens=4)
    chatty = span("a", scope_name="y", response_id="r", has_content=True)
    assert marks(rich, chatty) == {"b": COUNTS, "a": Mark("twin", "b")}


def test_a_twin_without_usage_never_hides_the_one_that_has_it() -> None:
    """Content on one report, tokens on the other: the sum must keep the tokens."""
    chatty = span("a", scope_name="x", response_id="r", has_content=True, input_tokens=None, output_tokens=None)
    assert marks(chatty, span("b", scope_name="y", response_id="r")) == {"a": Mark("twin", "b"), "b": COUNTS}


def test_twins_in_different_traces_agree_whichever_trace_is_asked() -> None:
    chain = agent("root", trace_id="t1")
    outer = span("a", "root", trace_id="t1", scope_name="langchain", response_id="r", has_content=True)
    inner = span(
        "b", trace_id="t2", scope_name="openai", response_id="r", has_content=True, start_ns=120, duration_ns=10
    )
    assert marks(chain, outer, inner) == {"root": REPEATS, "a": COUNTS, "b": Mark("twin", "a")}
    assert marks(inner, outer)["b"] == Mark("twin", "a")


def test_an_agent_whose_calls_count_in_another_trace_still_repeats() -> None:
    chain = agent("root", trace_id="t1")
    outer = span("a", "root", trace_id="t1", scope_name="langchain", response_id="r")
    inner = span("b", trace_id="t2", scope_name="openai", response_id="r", cache_read_tokens=3)
    assert marks(chain, outer, inner) == {"root": REPEATS, "a": Mark("twin", "b"), "b": COUNTS}


def test_overlapping_reports_of_two_scopes_without_ids_are_twins() -> None:
    """mistralai 1.12: the SDK's span in a trace of its own, no response id."""
    outer = span("a", trace_id="t1", scope_name="instrumentation", request_model="mistral-small-latest")
    inner = span(
        "b",
        trace_id="t2",
        scope_name="mistralai_sdk_tracer",
        request_model="mistral-small-latest",
        start_ns=110,
        duration_ns=80,
    )
    assert marks(outer, inner) == {"a": COUNTS, "b": Mark("twin", "a")}


def test_concurrent_equal_calls_pair_off_one_to_one() -> None:
    spans = [
        *(span(f"o{n}", trace_id=f"o{n}", scope_name="outer", start_ns=100 + n, duration_ns=100) for n in range(4)),
        *(span(f"i{n}", trace_id=f"i{n}", scope_name="inner", start_ns=110 + n, duration_ns=50) for n in range(4)),
    ]
    assert counted_input(spans) == 40


def test_equal_calls_of_one_library_are_not_twins() -> None:
    assert marks(span("a"), span("b", start_ns=110, duration_ns=50)) == {"a": COUNTS, "b": COUNTS}


def test_a_second_report_of_one_library_joins_no_pair() -> None:
    found = marks(
        span("a", scope_name="sdk"),
        span("b", scope_name="instrumentation", start_ns=110, duration_ns=80),
        span("c", scope_name="sdk", start_ns=120, duration_ns=60),
    )
    assert found["c"] == COUNTS
    assert sorted((found["a"].usage_role, found["b"].usage_role)) == ["own", "twin"]


def test_overlapping_calls_of_different_models_are_not_twins() -> None:
    found = marks(
        span("a", scope_name="x"), span("b", scope_name="y", start_ns=110, duration_ns=50, request_model="claude")
    )
    assert found == {"a": COUNTS, "b": COUNTS}


def test_one_response_id_for_calls_that_never_overlap_is_a_stub() -> None:
    found = marks(span("a", response_id="stub"), span("b", response_id="stub", start_ns=5_000))
    assert found == {"a": COUNTS, "b": COUNTS}


def test_calls_of_a_loop_that_add_up_those_before_count_once() -> None:
    spring = {"dialect": "spring-ai"}
    step = agent("step", operation="chain", stage="other", input_tokens=None, output_tokens=None, **spring)
    found = marks(
        step,
        span("a", "step", **spring),
        span("b", "step", input_tokens=25, output_tokens=9, start_ns=300, **spring),
        span("c", "step", input_tokens=60, output_tokens=20, start_ns=500, **spring),
    )
    assert found == {"step": COUNTS, "a": REPEATS, "b": REPEATS, "c": COUNTS}


def test_calls_with_steps_of_their_own_or_that_overlap_add_nothing_up() -> None:
    spring = {"dialect": "spring-ai"}
    step = agent("step", operation="chain", stage="other", input_tokens=None, output_tokens=None, **spring)
    assert set(marks(step, span("a", "step", **spring), span("b", "step", start_ns=150, **spring)).values()) == {COUNTS}
    assert set(marks(step, span("a", "step"), span("b", "step", start_ns=300)).values()) == {COUNTS}
    assert set(marks(span("a", "gone", **spring), span("b", "gone", start_ns=300, **spring)).values()) == {COUNTS}


def test_cycles_and_missing_parents_are_judged_on_their_own() -> None:
    found = marks(agent("a", "b"), agent("b", "a"), span("self", "self"), span("orphan", "nowhere", start_ns=999))
    assert found == {"a": COUNTS, "b": COUNTS, "self": COUNTS, "orphan": COUNTS}


def test_a_chain_a_hundred_thousand_deep_is_walked() -> None:
    deep = [agent("0"), *(agent(str(n), str(n - 1), input_tokens=None, output_tokens=None) for n in range(1, 100_000))]
    found = mark_usage([*deep, span("leaf", "99999")])
    assert (found[0], found[-1]) == (REPEATS, COUNTS)


names = st.sampled_from(["a", "b", "c", "d", "e", "f", ""])
tokens = st.sampled_from([None, 0, 10, 20])
any_span = st.builds(
    span,
    names.filter(bool),
    names,
    trace_id=st.sampled_from(["t1", "t2"]),
    scope_name=st.sampled_from(["x", "y"]),
    operation=st.sampled_from(["chat", "invoke_agent", "execute_tool", ""]),
    response_id=st.sampled_from(["", "r1", "r2"]),
    start_ns=st.integers(0, 300),
    duration_ns=st.integers(0, 300),
    input_tokens=tokens,
    output_tokens=tokens,
    has_content=st.booleans(),
)
traces = st.lists(any_span, max_size=12, unique_by=lambda s: (s.trace_id, s.span_id))


@given(traces, st.randoms(use_true_random=False))
def test_the_order_of_spans_changes_nothing(spans: list[SpanFacts], shuffle: Any) -> None:
    before = dict(zip(spans, mark_usage(spans), strict=True))
    shuffle.shuffle(spans)
    assert dict(zip(spans, mark_usage(spans), strict=True)) == before


@given(traces)
def test_a_twin_names_a_report_that_is_no_twin(spans: list[SpanFacts]) -> None:
    found = mark_usage(spans)
    for mark in found:
        if mark.usage_role == "twin":
            assert any(s.span_id == mark.twin_of and m.usage_role != "twin" for s, m in zip(spans, found, strict=True))


@given(traces)
def test_usage_is_never_lost_altogether(spans: list[SpanFacts]) -> None:
    counted = [s for s, m in zip(spans, mark_usage(spans), strict=True) if m.usage_role == "own"]
    assert any(s.input_tokens or s.output_tokens for s in counted) == any(
        s.input_tokens or s.output_tokens for s in spans
    )
