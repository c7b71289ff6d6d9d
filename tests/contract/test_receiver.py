"""The receiver's contract: every case runs over gRPC, HTTP/protobuf and HTTP/JSON.

What OTLP asks for: https://opentelemetry.io/docs/specs/otlp/. What only one transport has stands in
test_receiver_http.py and test_receiver_grpc.py.
"""

import base64
import os
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from assay import telemetry
from assay.clock import ManualClock
from assay.config.model import Tls, Workspace
from assay.errors import BadPayload, QueueFull, StoreUnavailable
from assay.receiver.receipt import Receipt
from assay.receiver.serve import Transports
from tests.contract.receiver_kit import (
    Client,
    ScriptedPipe,
    Trust,
    attribute,
    background,
    log_record,
    logs,
    span,
    to_json,
    traces,
)

Start = Callable[..., Transports]
Connect = Callable[..., Client]

KIB, MIB = 1024, 1024 * 1024


def encoded(client: Client, request: object) -> bytes:
    """The request as this client sends it."""
    return to_json(request) if client.encoding == "json" else request.SerializeToString()  # type: ignore[attr-defined]


def nested(depth: int) -> AnyValue:
    value = AnyValue(string_value="core")
    for _ in range(depth):
        value = AnyValue(array_value=ArrayValue(values=[value]))
    return value


# --- accepted ---------------------------------------------------------------------------------------------------------


def test_a_span_is_accepted(client: Client, pipe: ScriptedPipe) -> None:
    assert client.send(traces(span())).outcome == "ok"
    assert pipe.records == [span()]


def test_many_spans_of_many_scopes_are_accepted(client: Client, pipe: ScriptedPipe) -> None:
    request = traces(span(1), span(2))
    request.resource_spans[0].scope_spans.add().spans.append(span(3))
    request.resource_spans.add().scope_spans.add().spans.append(span(4))
    assert client.send(request).outcome == "ok"
    assert pipe.taken[0].request == request


def test_log_records_are_accepted(client: Client, pipe: ScriptedPipe) -> None:
    request = logs(log_record(1), log_record(2))
    assert client.send(request).outcome == "ok"
    assert (pipe.taken[0].signal, pipe.taken[0].request) == ("logs", request)


def test_traces_and_logs_share_a_connection(client: Client, pipe: ScriptedPipe) -> None:
    outcomes = [client.send(one).outcome for one in (traces(span(1)), logs(log_record(1)), traces(span(2)))]
    assert outcomes == ["ok"] * 3
    assert [taken.signal for taken in pipe.taken] == ["traces", "logs", "traces"]


def test_an_empty_request_succeeds(client: Client) -> None:
    reply = client.send(traces())
    assert (reply.outcome, reply.partial) == ("ok", False)
    empty = b"{}" if client.encoding == "json" else b""
    assert client.send(empty, signal="traces").outcome == "ok"
    assert client.send(empty, signal="logs").outcome == "ok"


def test_full_success_leaves_partial_success_unset(client: Client) -> None:
    assert not client.send(traces(span())).partial
    assert not client.send(logs(log_record())).partial


def test_nothing_is_acknowledged_before_the_commit(client: Client, pipe: ScriptedPipe) -> None:
    pipe.holding = True
    with background(lambda: client.send(traces(span()))) as answer:
        pipe.wait_for(1)
        assert not answer.done()
        pipe.release()
    assert answer.result().outcome == "ok"


def test_a_slow_commit_is_waited_for_by_every_sender(client: Client, pipe: ScriptedPipe) -> None:
    pipe.holding = True
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(client.send, traces(span(number))) for number in range(8)]
        pipe.wait_for(8)
        assert not any(answer.done() for answer in answers)
        pipe.release()
        assert {answer.result().outcome for answer in answers} == {"ok"}


def test_a_sender_that_gives_up_costs_nobody_else(client: Client, pipe: ScriptedPipe) -> None:
    pipe.holding = True
    assert client.send(traces(span(1)), timeout_seconds=0.3).outcome == "unsure"
    pipe.wait_for(1)
    pipe.release()
    assert client.send(traces(span(2))).outcome == "ok"


def test_many_requests_in_flight_are_each_answered(client: Client, pipe: ScriptedPipe) -> None:
    with ThreadPoolExecutor(32) as pool:
        replies = list(pool.map(lambda number: client.send(traces(span(number))), range(200)))
    assert {reply.outcome for reply in replies} == {"ok"}
    assert sorted(one.name for one in pipe.records) == sorted(f"chat {number}" for number in range(200))


# --- what arrives is what was sent ------------------------------------------------------------------------------------


def test_ids_arrive_as_bytes(client: Client, pipe: ScriptedPipe) -> None:
    """The JSON client of this suite writes upper-case hex, the ids have letters, and links carry ids as well."""
    sent = span(parent_span_id=b"\xfe\xdc\xba\x98\x76\x54\x32\x10")
    sent.links.add(trace_id=b"\xaa" * 16, span_id=b"\xbb" * 8)
    client.send(traces(sent))
    assert pipe.records == [sent]


def test_64_bit_integers_arrive_exactly(client: Client, pipe: ScriptedPipe) -> None:
    extremes = [attribute("low", -(2**63)), attribute("high", 2**63 - 1), attribute("odd", 2**53 + 1)]
    sent = span(start_time_unix_nano=2**64 - 1, end_time_unix_nano=2**53 + 1, attributes=extremes)
    client.send(traces(sent))
    assert pipe.records == [sent]


def test_enums_arrive_also_those_of_the_future(client: Client, pipe: ScriptedPipe) -> None:
    sent = [span(1, kind=Span.SPAN_KIND_PRODUCER, status=Status(code=Status.STATUS_CODE_ERROR)), span(2, kind=99)]
    client.send(traces(*sent))
    assert pipe.records == sent


def test_every_kind_of_value_arrives(client: Client, pipe: ScriptedPipe) -> None:
    values = [
        AnyValue(string_value=""),
        AnyValue(string_value="naïve — 日本語 🙂 \u0000"),
        AnyValue(bool_value=False),
        AnyValue(int_value=0),
        AnyValue(double_value=0.1),
        AnyValue(double_value=float("inf")),
        AnyValue(bytes_value=bytes(range(256))),
        AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=1), AnyValue(string_value="two"), AnyValue()])),
        AnyValue(kvlist_value=KeyValueList(values=[attribute("inner", "value")])),
        AnyValue(),
    ]
    sent = span(attributes=[attribute(f"key.{number}", value) for number, value in enumerate(values)])
    client.send(traces(sent))
    assert pipe.records == [sent]


def test_events_links_and_status_arrive(client: Client, pipe: ScriptedPipe) -> None:
    sent = span(trace_state="ot=th:8", flags=257, dropped_attributes_count=3)
    sent.events.add(name="gen_ai.user.message", time_unix_nano=5, attributes=[attribute("content", "hi")])
    sent.status.message = "it went wrong"
    client.send(traces(sent))
    assert pipe.records == [sent]


def test_log_bodies_and_severities_arrive(client: Client, pipe: ScriptedPipe) -> None:
    sent = log_record(severity_number=9, severity_text="INFO", body=nested(3), observed_time_unix_nano=7)
    client.send(logs(sent))
    assert pipe.records == [sent]


def test_a_span_twice_in_a_request_is_passed_on_twice(client: Client, pipe: ScriptedPipe) -> None:
    client.send(traces(span(), span()))
    assert pipe.records == [span(), span()]


def test_a_huge_attribute_arrives_whole(client: Client, pipe: ScriptedPipe) -> None:
    sent = span(attributes=[attribute("gen_ai.input.messages", "é" * (2 * MIB))])
    assert client.send(traces(sent)).outcome == "ok"
    assert pipe.records == [sent]


def test_fields_of_the_future_are_ignored(client: Client, pipe: ScriptedPipe) -> None:
    payload = encoded(client, traces(span()))
    if client.encoding == "json":
        payload = payload.replace(b'{"resourceSpans"', b'{"future":{"deep":[1,{"x":null}]},"resourceSpans"', 1)
        payload = payload.replace(b'"name":"chat 1"', b'"name":"chat 1","future":[[]],"futureId":null', 1)
    else:
        payload += b"\xfa\x06\x03new"  # field 111, a string of three bytes
    assert client.send(payload, signal="traces").outcome == "ok"
    assert [one.name for one in pipe.records] == ["chat 1"]


# --- partial success --------------------------------------------------------------------------------------------------


def test_rejected_spans_are_counted_for_the_sender(client: Client, pipe: ScriptedPipe) -> None:
    pipe.receipt = Receipt(accepted=5, rejected=2, message="2 spans have no trace id")
    reply = client.send(traces(span()))
    assert (reply.outcome, reply.rejected, reply.message) == ("ok", 2, "2 spans have no trace id")


def test_rejected_log_records_are_counted_for_the_sender(client: Client, pipe: ScriptedPipe) -> None:
    pipe.receipt = Receipt(accepted=5, rejected=3, message="3 records are empty")
    reply = client.send(logs(log_record()))
    assert (reply.outcome, reply.rejected, reply.message) == ("ok", 3, "3 records are empty")


def test_a_warning_is_a_message_with_nothing_rejected(client: Client, pipe: ScriptedPipe) -> None:
    pipe.receipt = Receipt(accepted=1, rejected=0, message="text was repaired")
    reply = client.send(traces(span()))
    assert (reply.outcome, reply.partial, reply.rejected, reply.message) == ("ok", True, 0, "text was repaired")


def test_a_span_that_is_nested_too_deeply_costs_only_itself(client: Client, pipe: ScriptedPipe) -> None:
    sick = span(2, attributes=[attribute("deep", nested(45))])
    payload = encoded(client, traces(span(1), sick, span(3)))
    if client.encoding == "json":
        payload = payload.replace(b'{"stringValue":"core"}', b'{"arrayValue":{"values":[' * 200 + b"{}" + b"]}}" * 200)
    else:
        payload = wrapped_deeper(span(1), 400, span(3))
    reply = client.send(payload, signal="traces")
    assert (reply.outcome, reply.rejected) == ("ok", 1)
    assert reply.message
    assert [one.name for one in pipe.records] == ["chat 1", "chat 3"]


def wrapped_deeper(before: Span, depth: int, after: Span) -> bytes:
    """A request whose middle span has a value nested `depth` deep, which the protobuf runtime refuses to build."""

    def field(number: int, content: bytes) -> bytes:
        size, out = len(content), bytearray([number << 3 | 2])
        while size > 0x7F:
            out.append(size & 0x7F | 0x80)
            size >>= 7
        return bytes(out) + bytes([size]) + content

    value = field(1, b"core")
    for _ in range(depth):
        value = field(5, field(1, value))
    middle = span(2, attributes=[]).SerializeToString() + field(9, field(1, b"deep") + field(2, value))
    spans = [before.SerializeToString(), middle, after.SerializeToString()]
    return field(1, field(2, b"".join(field(2, one) for one in spans)))


def test_text_that_is_not_utf8_costs_no_span(client: Client, pipe: ScriptedPipe) -> None:
    payload = encoded(client, traces(span(1), span(2, name="SPOILED"), span(3)))
    reply = client.send(payload.replace(b"SPOILED", b"SP\xff\xfeLED"), signal="traces")
    assert (reply.outcome, reply.rejected, reply.partial) == ("ok", 0, True)
    assert [one.name for one in pipe.records] == ["chat 1", "SP\ufffd\ufffdLED", "chat 3"]
    assert pipe.records[1] == span(2, name="SP\ufffd\ufffdLED")


def test_a_log_record_that_is_not_utf8_costs_no_record(client: Client, pipe: ScriptedPipe) -> None:
    payload = encoded(client, logs(log_record(1), log_record(2, event_name="SPOILED")))
    assert client.send(payload.replace(b"SPOILED", b"SPOI\xc3ED"), signal="logs").outcome == "ok"
    assert [one.event_name for one in pipe.records] == ["gen_ai.choice", "SPOI\ufffdED"]


def test_a_spoiled_resource_keeps_its_spans_and_its_service(client: Client, pipe: ScriptedPipe) -> None:
    request = traces(span(1))
    request.resource_spans[0].resource.attributes.append(attribute("host", "SPOILED"))
    assert client.send(encoded(client, request).replace(b"SPOILED", b"SP\xffILED"), signal="traces").outcome == "ok"
    request.resource_spans[0].resource.attributes[1].value.string_value = "SP\ufffdILED"
    assert pipe.taken[0].request == request


# --- the sender must change something ---------------------------------------------------------------------------------


def test_noise_is_bad(client: Client, pipe: ScriptedPipe) -> None:
    for noise in (b"\xff\xff\xff\xff", b"\x0a\xff\xff\xff\xff\x7fabc", b"<html></html>", os.urandom(7) + b"\xff" * 9):
        reply = client.send(noise, signal="traces")
        assert reply.outcome == "bad"
        assert reply.message
    assert pipe.taken == []


def test_a_truncated_request_is_bad(client: Client, pipe: ScriptedPipe) -> None:
    payload = encoded(client, traces(span()))
    assert client.send(payload[: len(payload) // 2], signal="traces").outcome == "bad"
    assert pipe.taken == []


def test_a_bad_request_leaves_the_connection_usable(client: Client, pipe: ScriptedPipe) -> None:
    assert client.send(b"\xff\xff", signal="traces").outcome == "bad"
    assert client.send(traces(span())).outcome == "ok"
    assert len(pipe.records) == 1


def test_a_permanent_refusal_of_the_pipe_asks_for_no_retry(client: Client, pipe: ScriptedPipe) -> None:
    pipe.fail = BadPayload("The request has no spans that can be read.")
    reply = client.send(traces(span()))
    assert (reply.outcome, reply.retry_after_ms) == ("bad", None)
    assert "no spans that can be read" in reply.message


def test_a_very_long_message_still_reaches_the_sender(client: Client, pipe: ScriptedPipe) -> None:
    pipe.fail = BadPayload("é" * 100_000)
    reply = client.send(traces(span()))
    assert reply.outcome == "bad"
    assert 100 < len(reply.message) < 4_000


def test_an_oversized_request_is_too_large_and_not_retried(transport: str, start: Start, connect: Connect, pipe: ScriptedPipe) -> None:  # fmt: skip
    client = connect(transport, start(max_request_bytes=64 * KIB))
    reply = client.send(traces(span(attributes=[attribute("text", "x" * 70 * KIB)])))
    assert (reply.outcome, reply.retry_after_ms) == ("too_large", None)
    assert pipe.taken == []
    assert client.send(traces(span())).outcome == "ok"


def test_a_request_of_exactly_the_limit_is_accepted(transport: str, start: Start, connect: Connect) -> None:
    probe = span(attributes=[attribute("text", "x" * 40 * KIB)])
    for size, outcome in ((0, "ok"), (-1, "too_large")):
        client = connect(transport, start(max_request_bytes=1))
        limit = len(encoded(client, traces(probe))) + size
        client = connect(transport, start(max_request_bytes=limit))
        assert client.send(traces(probe)).outcome == outcome


@pytest.mark.parametrize("compression", ["gzip", "deflate"])
def test_compressed_requests_are_accepted(client: Client, pipe: ScriptedPipe, compression: str) -> None:
    sent = span(attributes=[attribute("text", "compressible " * 20_000)])
    assert client.send(traces(sent), compression=compression).outcome == "ok"
    assert client.send(logs(log_record()), compression=compression).outcome == "ok"
    assert pipe.records == [sent, log_record()]


@pytest.mark.parametrize("compression", ["gzip", "deflate"])
def test_the_limit_counts_what_comes_out_of_the_compression(transport: str, start: Start, connect: Connect, pipe: ScriptedPipe, compression: str) -> None:  # fmt: skip
    client = connect(transport, start(max_request_bytes=1 * MIB))
    bomb = traces(span(attributes=[attribute("text", "0" * 32 * MIB)]))
    reply = client.send(bomb, compression=compression)
    assert (reply.outcome, reply.retry_after_ms) == ("too_large", None)
    assert pipe.taken == []
    assert client.send(traces(span()), compression=compression).outcome == "ok"


# --- try later --------------------------------------------------------------------------------------------------------


def test_a_store_that_is_down_asks_for_a_retry(client: Client, pipe: ScriptedPipe) -> None:
    pipe.refuse = StoreUnavailable("The store does not answer.", retry_after_ms=3_000)
    reply = client.send(traces(span()))
    assert (reply.outcome, reply.retry_after_ms) == ("retry", 3_000)
    assert "store" in reply.message


def test_overload_asks_for_a_retry_and_says_when(client: Client, pipe: ScriptedPipe) -> None:
    """A bare RESOURCE_EXHAUSTED would make a Collector drop the data."""
    pipe.refuse = QueueFull("No room.", retry_after_ms=2_000)
    for request in (traces(span()), logs(log_record())):
        reply = client.send(request)
        assert (reply.outcome, reply.retry_after_ms) == ("retry", 2_000)


def test_a_retry_of_less_than_a_second_is_never_a_retry_of_zero(client: Client, pipe: ScriptedPipe) -> None:
    pipe.refuse = QueueFull("No room.", retry_after_ms=200)
    reply = client.send(traces(span()))
    assert reply.outcome == "retry"
    assert reply.retry_after_ms is not None
    assert 200 <= reply.retry_after_ms <= 1_000


def test_a_commit_that_fails_asks_for_a_retry(client: Client, pipe: ScriptedPipe) -> None:
    pipe.fail = StoreUnavailable("The commit failed.")
    assert client.send(traces(span())).outcome == "retry"
    pipe.fail = None
    assert client.send(traces(span())).outcome == "ok"


def test_a_fault_of_ours_asks_for_a_retry_and_tells_no_internals(client: Client, pipe: ScriptedPipe) -> None:
    """It is never a 500, INTERNAL or UNKNOWN: those make senders drop what they hold."""
    for fault in (ZeroDivisionError("password=hunter2"), KeyError("x")):
        pipe.refuse, pipe.fail = (fault, None) if isinstance(fault, KeyError) else (None, fault)
        reply = client.send(traces(span()))
        assert reply.outcome == "retry"
        assert "hunter2" not in reply.message


def test_senders_get_through_once_the_overload_is_over(client: Client, pipe: ScriptedPipe) -> None:
    pipe.refuse = QueueFull("No room.")
    assert [client.send(traces(span(number))).outcome for number in range(5)] == ["retry"] * 5
    pipe.refuse = None
    assert client.send(traces(span())).outcome == "ok"


# --- who is calling ---------------------------------------------------------------------------------------------------


@pytest.fixture
def tokens(tmp_path: Path) -> dict[str, Workspace]:
    """Two workspaces, each with a token file."""
    (tmp_path / "blue").write_text("# of the blue team\nblue-token-1\n\nblue-token-2\n")
    (tmp_path / "red").write_text("red-token\n")
    return {name: Workspace(token_files=(str(tmp_path / name),)) for name in ("blue", "red")}


@pytest.fixture
def guarded(transport: str, start: Start, connect: Connect, tokens: dict[str, Workspace]) -> Client:
    return connect(transport, start(workspaces=tokens))


def test_without_token_files_everybody_is_default(client: Client, pipe: ScriptedPipe) -> None:
    client.send(traces(span()))
    client.send(traces(span()), authorization="Bearer whatever")
    assert pipe.workspaces == ["default", "default"]


def test_a_missing_token_is_unauthenticated(guarded: Client, pipe: ScriptedPipe) -> None:
    reply = guarded.send(traces(span()))
    assert (reply.outcome, reply.retry_after_ms) == ("unauthenticated", None)
    assert pipe.taken == []


@pytest.mark.parametrize("authorization", ["Bearer red-toke", "Bearer", "Bearer ", "Basic !!!", "red-token", "Bearer # of the blue team"])  # fmt: skip
def test_an_unknown_token_is_unauthenticated(guarded: Client, pipe: ScriptedPipe, authorization: str) -> None:
    reply = guarded.send(traces(span()), authorization=authorization)
    assert reply.outcome == "unauthenticated"
    assert "red-toke" not in reply.message
    assert pipe.taken == []


def test_a_token_decides_the_workspace(guarded: Client, pipe: ScriptedPipe) -> None:
    for token in ("blue-token-1", "red-token", "blue-token-2"):
        assert guarded.send(traces(span()), authorization=f"Bearer {token}").outcome == "ok"
    assert guarded.send(logs(log_record()), authorization="bearer red-token").outcome == "ok"
    assert pipe.workspaces == ["blue", "red", "blue", "red"]


def test_a_token_may_come_as_the_password_of_basic(guarded: Client, pipe: ScriptedPipe) -> None:
    """Langfuse's SDKs send `public key:secret key`."""
    credentials = base64.b64encode(b"pk-lf-anything:red-token").decode()
    assert guarded.send(traces(span()), authorization=f"Basic {credentials}").outcome == "ok"
    assert pipe.workspaces == ["red"]


def test_tokens_are_read_again_when_their_file_changes(guarded: Client, tokens: dict[str, Workspace]) -> None:
    file = Path(tokens["red"].token_files[0])
    replacement = file.with_suffix(".new")
    replacement.write_text("red-token-of-tomorrow\n")
    replacement.rename(file)
    assert guarded.send(traces(span()), authorization="Bearer red-token").outcome == "unauthenticated"
    assert guarded.send(traces(span()), authorization="Bearer red-token-of-tomorrow").outcome == "ok"


def test_a_token_file_that_disappears_locks_nobody_out(guarded: Client, tokens: dict[str, Workspace]) -> None:
    Path(tokens["red"].token_files[0]).unlink()
    assert guarded.send(traces(span()), authorization="Bearer red-token").outcome == "ok"


def test_a_workspace_over_its_limit_is_told_when_to_retry(transport: str, start: Start, connect: Connect, clock: ManualClock, pipe: ScriptedPipe) -> None:  # fmt: skip
    client = connect(transport, start(workspaces={"default": Workspace(max_spans_per_second=10)}))
    assert client.send(traces(*(span(number) for number in range(40)))).outcome == "ok"
    reply = client.send(traces(span()))
    assert reply.outcome == "retry"
    assert reply.retry_after_ms is not None
    assert 3_000 <= reply.retry_after_ms <= 5_000
    clock.advance(ms=reply.retry_after_ms)
    assert client.send(traces(span())).outcome == "ok"
    assert len(pipe.taken) == 2


def test_one_workspaces_limit_is_not_anothers(transport: str, start: Start, connect: Connect, tokens: dict[str, Workspace]) -> None:  # fmt: skip
    limited = tokens | {"red": tokens["red"].model_copy(update={"max_spans_per_second": 1.0})}
    client = connect(transport, start(workspaces=limited))
    request = traces(*(span(number) for number in range(10)))
    outcomes = [client.send(request, authorization=f"Bearer {t}").outcome for t in ("red-token",) * 2 + ("blue-token-1",) * 2]  # fmt: skip
    assert outcomes == ["ok", "retry", "ok", "ok"]


# --- stopping ---------------------------------------------------------------------------------------------------------


def test_a_drain_waits_for_what_was_taken(transport: str, start: Start, connect: Connect, pipe: ScriptedPipe) -> None:
    receiver = start()
    client = connect(transport, receiver)
    pipe.holding = True
    with background(lambda: client.send(traces(span()))) as answer:
        pipe.wait_for(1)
        with background(lambda: receiver.drain(20)) as drained:
            assert not drained.done()
            pipe.release()
        assert drained.result() is True
    assert answer.result().outcome == "ok"


def test_a_draining_receiver_tells_newcomers_to_retry(transport: str, start: Start, connect: Connect, pipe: ScriptedPipe) -> None:  # fmt: skip
    receiver = start()
    holder, newcomer = connect(transport, receiver), connect(transport, receiver)
    assert newcomer.send(traces(span(1))).outcome == "ok"
    pipe.holding = True
    with background(lambda: holder.send(traces(span(2)))) as answer:
        pipe.wait_for(2)
        with background(lambda: receiver.drain(20)):
            while (reply := newcomer.send(traces(), timeout_seconds=0.3)).outcome == "unsure":
                pass  # taken and held before the drain had begun
            assert reply.outcome == "retry"
            assert reply.retry_after_ms
            pipe.release()
    assert answer.result().outcome == "ok"


def test_a_drain_ends_when_its_time_is_over_and_tells_to_retry(
    transport: str, start: Start, connect: Connect, pipe: ScriptedPipe
) -> None:
    receiver = start()
    client = connect(transport, receiver)
    pipe.holding = True
    with background(lambda: client.send(traces(span()))) as answer:
        pipe.wait_for(1)
        assert receiver.drain(0.2) is False
    assert answer.result().outcome == "retry"


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def issue(authority: trustme.CA, folder: Path) -> Tls:
    """Server files for localhost, replacing those that are there."""
    folder.mkdir(exist_ok=True)
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for number, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(folder / "cert.pem", append=number > 0)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return Tls(cert_file=str(folder / "cert.pem"), key_file=str(folder / "key.pem"))


def trust(authority: trustme.CA, folder: Path, *, identity: trustme.CA | None = None) -> Trust:
    """A client's files; with a certificate of `identity` where it is given."""
    folder.mkdir(exist_ok=True)
    authority.cert_pem.write_to_path(folder / "client-ca.pem")
    if identity is None:
        return Trust(str(folder / "client-ca.pem"))
    certificate = identity.issue_cert("collector@example.org")
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "client.pem")
    return Trust(str(folder / "client-ca.pem"), str(folder / "client.pem"), str(folder / "client.pem"))


def test_tls(transport: str, start: Start, connect: Connect, authority: trustme.CA, tmp_path: Path) -> None:
    receiver = start(tls=issue(authority, tmp_path / "server"))
    assert connect(transport, receiver, trust(authority, tmp_path / "a")).send(traces(span())).outcome == "ok"
    stranger = connect(transport, receiver, trust(trustme.CA(), tmp_path / "b"))
    assert stranger.send(traces(span()), timeout_seconds=5).outcome == "unsure"


def test_mtls_asks_for_a_certificate_of_the_right_authority(transport: str, start: Start, connect: Connect, authority: trustme.CA, tmp_path: Path) -> None:  # fmt: skip
    server = issue(authority, tmp_path / "server")
    clients = trustme.CA()
    clients.cert_pem.write_to_path(tmp_path / "clients.pem")
    receiver = start(tls=server.model_copy(update={"client_ca_file": str(tmp_path / "clients.pem")}))
    for number, (identity, outcome) in enumerate(((None, "unsure"), (authority, "unsure"), (clients, "ok"))):
        files = trust(authority, tmp_path / str(number), identity=identity)
        assert connect(transport, receiver, files).send(traces(span()), timeout_seconds=5).outcome == outcome


def test_a_renewed_certificate_is_served_to_new_connections(transport: str, start: Start, connect: Connect, authority: trustme.CA, tmp_path: Path) -> None:  # fmt: skip
    receiver = start(tls=issue(authority, tmp_path / "server"))
    old = trust(authority, tmp_path / "old")
    assert connect(transport, receiver, old).send(traces(span())).outcome == "ok"
    next_authority = trustme.CA()
    issue(next_authority, tmp_path / "server")
    new = trust(next_authority, tmp_path / "new")
    assert connect(transport, receiver, new).send(traces(span()), timeout_seconds=5).outcome == "ok"
    assert connect(transport, receiver, old).send(traces(span()), timeout_seconds=5).outcome == "unsure"


def test_a_renewal_that_cannot_be_read_keeps_the_certificate(transport: str, start: Start, connect: Connect, authority: trustme.CA, tmp_path: Path) -> None:  # fmt: skip
    tls = issue(authority, tmp_path / "server")
    receiver = start(tls=tls)
    Path(tls.cert_file).write_text("half a certific")
    assert connect(transport, receiver, trust(authority, tmp_path / "a")).send(traces(span())).outcome == "ok"


# --- what we say about it ---------------------------------------------------------------------------------------------


def test_every_end_of_a_request_is_counted(client: Client, pipe: ScriptedPipe) -> None:
    name = "grpc" if client.name == "grpc" else "http"

    def now() -> list[float]:
        return [
            telemetry.value("assay_stored_records_total", signal="traces", workspace="default"),
            telemetry.value("assay_rejected_records_total", signal="traces", workspace="default"),
            telemetry.value("assay_refused_requests_total", transport=name, reason="BadPayload"),
            telemetry.value("assay_retry_later_answers_total", transport=name, reason="QueueFull"),
        ]

    before = now()
    pipe.receipt = Receipt(accepted=7, rejected=2, message="two are bad")
    client.send(traces(span()))
    pipe.receipt = None
    client.send(b"\xff\xff", signal="traces")
    pipe.refuse = QueueFull("No room.")
    client.send(traces(span()))
    assert [after - earlier for after, earlier in zip(now(), before, strict=True)] == [7, 2, 1, 1]


def test_timestamps_and_flags_of_fixed_width_arrive(client: Client, pipe: ScriptedPipe) -> None:
    """Fixed-width fields and doubles keep every bit."""
    value = struct.unpack("<d", struct.pack("<Q", 0x3FF0_0000_0000_0001))[0]
    sent = span(flags=2**32 - 1, attributes=[attribute("next after one", AnyValue(double_value=value))])
    client.send(traces(sent))
    assert pipe.records == [sent]
