"""What a sender is told when its telemetry is forwarded, and what the target gets: a real gRPC server that answers as the test says."""

import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from assay.clock import SystemClock
from assay.config.model import Config, Forward, Workspace
from assay.config.model import Store as StoreSettings
from assay.errors import BadPayload, ConfigError, ForwardUnavailable
from assay.otlp.decode import Decoder
from assay.receiver.forward import MARK, Forwarder
from assay.receiver.pipe import SHARE_BYTES, CommitPipe
from assay.receiver.prepare import preparer
from assay.receiver.privacy import Privacy
from assay.v1.feedback_pb2 import FeedbackItem, SendFeedbackRequest
from tests.golden.test_checks import EXAMPLES, request_of
from tests.stores import migrated

SPANS = [EXAMPLES["serving.rate_limited"]["caught"][0], EXAMPLES["safety.refusal"]["caught"][0]]


class Target:
    """An OTLP/gRPC endpoint; `answer` is called with the context for every request."""

    def __init__(self):
        self.got = []
        self.answer = lambda context: ExportTraceServiceResponse()
        self.server = grpc.server(ThreadPoolExecutor(4))

        def export(request, context):
            self.got.append((request, dict(context.invocation_metadata())))
            return self.answer(context)

        handler = grpc.unary_unary_rpc_method_handler(
            export, ExportTraceServiceRequest.FromString, ExportTraceServiceResponse.SerializeToString
        )
        self.server.add_generic_rpc_handlers(
            (
                grpc.method_handlers_generic_handler(
                    "opentelemetry.proto.collector.trace.v1.TraceService", {"Export": handler}
                ),
            )
        )
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()


@pytest.fixture
def target():
    one = Target()
    yield one
    one.server.stop(0)


@pytest.fixture
def send(tmp_path, target):
    store = migrated(StoreSettings(dsn=f"chdb://{tmp_path / 'db'}"))
    token = tmp_path / "token"
    token.write_text("onward-token\n")
    forwarder = Forwarder(Forward(endpoint=f"http://127.0.0.1:{target.port}", name="here", token_file=str(token)))
    config = Config()
    privacy = Privacy({"default": Workspace(content="redacted")}, config.mapping)
    prepare = [preparer(Decoder(), privacy=privacy, forward_as="here") for _ in range(2)]
    pipe = CommitPipe(store, prepare, config.receiver, SystemClock(), forwarder)
    pipe.start()

    def one(request=None):
        payload = (request or request_of(SPANS)).SerializeToString()
        return pipe.submit("traces", payload, encoding="protobuf", workspace="default").result(60)

    one.store = store
    one.pipe = pipe
    yield one
    assert pipe.close(10)
    forwarder.close()
    store.close()


def attributes(span):
    return {pair.key: pair.value for pair in span.attributes}


def test_spans_go_on_with_their_labels_and_the_mark(send, target):
    receipt = send()
    assert (receipt.accepted, receipt.message) == (2, "")
    ((request, metadata),) = target.got
    limited, refused = (attributes(span) for span in request.resource_spans[0].scope_spans[0].spans)
    assert [one.string_value for one in limited["assay.labels"].array_value.values] == [
        "serving_bottleneck.rate_limited"
    ]
    assert [one.string_value for one in refused["assay.labels"].array_value.values] == ["safety_policy.over_refusal"]
    assert refused["assay.stage"].string_value == "generation"
    (mark,) = request.resource_spans[0].resource.attributes
    assert (mark.key, mark.value.array_value.values[0].string_value) == (MARK, "here")
    assert metadata["authorization"] == "Bearer onward-token"


def test_a_span_that_is_rejected_does_not_go_on(send, target):
    request = request_of(SPANS)
    request.resource_spans[0].scope_spans[0].spans[0].span_id = b"short"
    assert send(request).rejected == 1
    assert len(target.got[0][0].resource_spans[0].scope_spans[0].spans) == 1


def test_a_large_request_goes_on_in_its_shares_and_whole(send, target):
    large = request_of([{"question": "x" * SHARE_BYTES, "answer": f"Answer {number}."} for number in range(2)])
    deadline = time.monotonic() + 60
    while len(target.got) != 2:
        assert time.monotonic() < deadline, "the threads that prepare are never both idle"
        target.got.clear()
        assert send(large).accepted == 2
        going_on = [
            span.span_id
            for request, _ in target.got
            for one in request.resource_spans
            for span in one.scope_spans[0].spans
        ]
        assert sorted(going_on) == sorted(span.span_id for span in large.resource_spans[0].scope_spans[0].spans)


def test_content_policy_comes_first(send, target):
    send(request_of([{"question": "My address is jane.roe@gmail.com", "answer": "Noted: jane.roe@gmail.com"}]))
    assert b"jane.roe" not in target.got[0][0].SerializeToString()


@pytest.mark.parametrize(
    "code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.INTERNAL]
)
def test_a_target_that_does_not_take_it_makes_the_sender_retry(send, target, code):
    target.answer = lambda context: context.abort(code, "not now")
    with pytest.raises(ForwardUnavailable, match="Stored, but"):
        send()
    target.answer = lambda context: ExportTraceServiceResponse()
    assert send().accepted == 2
    assert send.store.rows("SELECT count() AS n FROM spans_live") == [{"n": 2}]


def test_a_target_that_is_away_makes_the_sender_retry(send, target):
    target.server.stop(0).wait()
    with pytest.raises(ForwardUnavailable):
        send()


def test_a_target_that_never_takes_it_costs_a_warning_only(send, target):
    target.answer = lambda context: context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no such tenant")
    receipt = send()
    assert (receipt.accepted, receipt.rejected) == (2, 0)
    assert "no such tenant" in receipt.message


def test_too_large_is_for_good_and_overload_is_not(send, target):
    target.answer = lambda context: context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too large")
    assert "too large" in send().message

    def overloaded(context):
        status = Status(code=8, message="later")
        status.details.add().Pack(RetryInfo())
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "later")

    target.answer = overloaded
    with pytest.raises(ForwardUnavailable):
        send()


def test_what_the_target_rejects_is_told(send, target):
    def some(_):
        response = ExportTraceServiceResponse()
        response.partial_success.rejected_spans, response.partial_success.error_message = 1, "too old"
        return response

    target.answer = some
    receipt = send()
    assert (receipt.accepted, receipt.rejected) == (2, 0)
    assert "rejected 1: too old" in receipt.message


def test_a_loop_is_refused(send, target):
    send()
    with pytest.raises(BadPayload, match="A loop"):
        send(target.got[0][0])


@pytest.mark.parametrize("endpoint", ["tempo", "tempo:4317", "ftp://tempo:4317", "http://tempo"])
def test_an_endpoint_that_is_none_is_refused(endpoint):
    with pytest.raises(ConfigError, match=r"forward\.endpoint"):
        Forwarder(Forward(endpoint=endpoint))


def test_feedback_stays_here_and_costs_what_goes_on_nothing(send, target):
    """A group that is committed together may hold both."""
    said = SendFeedbackRequest(feedback=[FeedbackItem(trace_id="ab" * 16, thumb=FeedbackItem.DOWN)])
    waiting = [
        send.pipe.submit(signal, request.SerializeToString(), encoding="protobuf", workspace="default")
        for signal, request in (("feedback", said), ("traces", request_of(SPANS)), ("feedback", said))
    ]
    assert [(one.result(60).accepted, one.result(60).message) for one in waiting] == [(1, ""), (2, ""), (1, "")]
    assert len(target.got) == 1
    assert send.store.rows("SELECT count() AS n FROM feedback") == [{"n": 1}]
