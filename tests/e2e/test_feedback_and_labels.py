"""What people say, from their mouths to the rows: a real `assay serve`, real clients, nothing of ours in between.

Feedback by OTLP log event, gRPC and HTTP; labels and datasets follow below.
"""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, format_span_id, format_trace_id, set_span_in_context

from assay.clock import SystemClock
from assay.v1.feedback_pb2 import FeedbackItem, SendFeedbackRequest
from assay.v1.feedback_pb2_grpc import FeedbackStub
from tests.e2e.processes import Assay, wait_for

RESOURCE = Resource({"service.name": "help-desk", "service.version": "1.4.0"})
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture(scope="module")
def assay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assay]:
    """`assay serve` with the embedded engine; SIGTERM has to end it cleanly."""
    folder: Path = tmp_path_factory.mktemp("people")
    serving = Assay("serve", "assay", folder, dsn=f"chdb://{folder / 'data'}")
    serving.program.start()
    try:
        yield serving
    finally:
        code = serving.program.stop()
    assert code == 0


@pytest.fixture(scope="module")
def answers(assay: Assay) -> list[SpanContext]:
    """Six answered questions, each a trace, sent by the OpenTelemetry SDK."""
    exporter = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{assay.grpc_port}", insecure=True)
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("help-desk")
    contexts = []
    for number in range(6):
        with tracer.start_as_current_span(f"chat {number}") as span:
            span.set_attributes({
                "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
                "gen_ai.response.id": f"chatcmpl-{number}", "gen_ai.usage.input_tokens": 20,
                "gen_ai.usage.output_tokens": 5, "app.outcome": "success",
                "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": f"Where is order {number}?"}]}]),
                "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": f"Order {number} is on its way."}], "finish_reason": "stop"}]),
            })  # fmt: skip
        contexts.append(span.get_span_context())
    provider.shutdown()
    return contexts


def ask(assay: Assay, sql: str, **parameters: Any) -> list[dict[str, Any]]:
    """Rows, through the door."""
    client = assay.client()
    try:
        return list(client.query(sql, parameters=parameters).named_results())
    finally:
        client.close()


def post(assay: Assay, *items: dict[str, Any]) -> dict[str, Any]:
    """What curl does."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{assay.http_port}/v1/feedback", data=json.dumps({"feedback": items}).encode(),
        headers={"content-type": "application/json"},
    )  # fmt: skip
    with NO_PROXY.open(request, timeout=20) as answer:
        found: dict[str, Any] = json.loads(answer.read())
        return found


def emit(assay: Assay, about: SpanContext, attributes: dict[str, Any]) -> None:
    """A log event of the OpenTelemetry SDK, in the context of the span that it is about."""
    exporter = OTLPLogExporter(endpoint=f"http://127.0.0.1:{assay.grpc_port}", insecure=True)
    provider = LoggerProvider(resource=RESOURCE)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    provider.get_logger("help-desk").emit(
        LogRecord(
            timestamp=SystemClock().now_ns(), context=set_span_in_context(NonRecordingSpan(about)),
            event_name="gen_ai.feedback", attributes=attributes,
        )
    )  # fmt: skip
    provider.shutdown()


# --- feedback ---------------------------------------------------------------------------------------------------------


def test_feedback_over_every_transport_ends_in_the_same_rows(assay: Assay, answers: list[SpanContext]) -> None:
    emit(assay, answers[0], {"feedback.thumb": "down", "feedback.comment": "not what I asked", "user.id": "u-1"})
    with grpc.insecure_channel(f"127.0.0.1:{assay.grpc_port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        items = [
            FeedbackItem(trace_id=format_trace_id(answers[1].trace_id), stars=2, author="u-2"),
            FeedbackItem(trace_id=format_trace_id(answers[1].trace_id), stars=9),
        ]
        answer = FeedbackStub(channel).Send(SendFeedbackRequest(feedback=items), timeout=20)
        assert (answer.accepted, answer.rejected, answer.rejections[0].index) == (1, 1, 1)
    trace = format_trace_id(answers[2].trace_id)
    correction = {"traceId": trace, "correction": "Order 2 was cancelled.", "source": "EXPERT"}
    assert post(assay, correction, correction) == {"accepted": 2}
    assert ask(
        assay, "SELECT trace_id, span_id, kind, value, comment, correction, source, author FROM feedback ORDER BY time"
    ) == [
        {"trace_id": format_trace_id(answers[0].trace_id), "span_id": format_span_id(answers[0].span_id), "kind": "thumb", "value": 0.0, "comment": "not what I asked", "correction": "", "source": "end_user", "author": "u-1"},
        {"trace_id": format_trace_id(answers[1].trace_id), "span_id": "", "kind": "stars", "value": 0.25, "comment": "", "correction": "", "source": "end_user", "author": "u-2"},
        {"trace_id": trace, "span_id": "", "kind": "correction", "value": None, "comment": "", "correction": "Order 2 was cancelled.", "source": "expert", "author": ""},
    ]  # fmt: skip


def test_an_outcome_that_comes_after_its_trace_is_the_outcome(assay: Assay, answers: list[SpanContext]) -> None:
    trace = format_trace_id(answers[3].trace_id)
    outcome = "SELECT outcome FROM traces WHERE trace_id = {trace:String}"
    assert ask(assay, outcome, trace=trace) == [{"outcome": "success"}]
    assert post(assay, {"traceId": trace, "outcome": "ESCALATED"}) == {"accepted": 1}
    assert ask(assay, outcome, trace=trace) == [{"outcome": "escalated"}]


def test_feedback_on_an_answer_finds_its_trace(assay: Assay, answers: list[SpanContext]) -> None:
    assert post(assay, {"responseId": "chatcmpl-4", "thumb": "UP"}) == {"accepted": 1}
    found = "SELECT trace_id, span_id, value FROM feedback WHERE response_id = 'chatcmpl-4'"
    wait_for(lambda: bool(ask(assay, found)), "the feedback to find its trace", seconds=40, log=assay.program.log)
    assert ask(assay, found) == [
        {"trace_id": format_trace_id(answers[4].trace_id), "span_id": format_span_id(answers[4].span_id), "value": 1.0}
    ]
