"""What only OTLP/HTTP has: methods, content types, chunked bodies, more encodings, health, readiness and metrics."""

import gzip
import http.client
import json
import selectors
import socket
from collections.abc import Callable, Iterator

import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from assay.errors import QueueFull, RateLimited
from assay.receiver import accept
from assay.receiver.receipt import Receipt
from assay.receiver.serve import Transports
from tests.contract.receiver_kit import COMPRESS, ScriptedPipe, attribute, span, to_json, traces

PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}
BODY = traces(span()).SerializeToString()
MIB = 1024 * 1024


@pytest.fixture
def receiver(start: Callable[..., Transports]) -> Transports:
    return start(max_request_bytes=MIB)


@pytest.fixture
def http_to(receiver: Transports) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", receiver.http_port, timeout=20)
    yield connection
    connection.close()


def ask(connection: http.client.HTTPConnection, method: str, path: str, body=None, headers=None, **how):  # type: ignore[no-untyped-def]
    connection.request(method, path, body=body, headers=headers or {}, **how)
    answer = connection.getresponse()
    return answer, answer.read()


@pytest.mark.parametrize(
    "content_type",
    ["application/x-protobuf", "application/x-protobuf; charset=utf-8", "Application/X-Protobuf", "application/protobuf"],
)  # fmt: skip
def test_protobuf_by_its_content_types(http_to, pipe: ScriptedPipe, content_type: str) -> None:
    answer, _ = ask(http_to, "POST", "/v1/traces", BODY, {"content-type": content_type})
    assert (answer.status, answer.getheader("content-type")) == (200, "application/x-protobuf")
    assert pipe.records == [span()]


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON"])
def test_json_by_its_content_types(http_to, pipe: ScriptedPipe, content_type: str) -> None:
    answer, body = ask(http_to, "POST", "/v1/traces", to_json(traces(span())), {"content-type": content_type})
    assert (answer.status, answer.getheader("content-type"), body) == (200, "application/json", b"{}")
    assert pipe.records == [span()]


@pytest.mark.parametrize("headers", [{}, {"content-type": "text/plain"}, {"content-type": "application/x-www-form-urlencoded"}])  # fmt: skip
def test_other_content_types_are_415(http_to, pipe: ScriptedPipe, headers: dict[str, str]) -> None:
    answer, body = ask(http_to, "POST", "/v1/traces", BODY, headers)
    assert (answer.status, json.loads(body)["code"]) == (415, 12)
    assert pipe.taken == []


def test_an_unknown_content_encoding_is_415(http_to, pipe: ScriptedPipe) -> None:
    answer, body = ask(http_to, "POST", "/v1/traces", BODY, PROTOBUF | {"content-encoding": "br"})
    assert answer.status == 415
    assert "br" in Status.FromString(body).message


@pytest.mark.parametrize("compression", sorted(COMPRESS))
@pytest.mark.parametrize("size", [10, 300_000], ids=["small", "big"])
def test_compressed_bodies(http_to, pipe: ScriptedPipe, compression: str, size: int) -> None:
    noise = "".join(chr(33 + (number * 7919 + number // 97) % 90) for number in range(size))
    sent = span(attributes=[attribute("text", noise)])
    body = COMPRESS[compression](traces(sent).SerializeToString())
    answer, _ = ask(http_to, "POST", "/v1/traces", body, PROTOBUF | {"content-encoding": compression})
    assert answer.status == 200
    assert pipe.records == [sent]


@pytest.mark.parametrize("compression", sorted(COMPRESS))
def test_zip_bombs_are_413(http_to, pipe: ScriptedPipe, compression: str) -> None:
    bomb = COMPRESS[compression](bytes(64 * MIB))
    answer, _ = ask(http_to, "POST", "/v1/traces", bomb, PROTOBUF | {"content-encoding": compression})
    assert answer.status == 413
    assert answer.getheader("retry-after") is None


@pytest.mark.parametrize("compression", sorted(COMPRESS))
def test_broken_compression_is_400(http_to, pipe: ScriptedPipe, compression: str) -> None:
    for body in (BODY, COMPRESS[compression](BODY)[:-3]):
        answer, _ = ask(http_to, "POST", "/v1/traces", body, PROTOBUF | {"content-encoding": compression})
        assert answer.status == 400
    assert pipe.taken == []


def test_a_chunked_body(http_to, pipe: ScriptedPipe) -> None:
    pieces = (BODY[start : start + 10] for start in range(0, len(BODY), 10))
    answer, _ = ask(http_to, "POST", "/v1/traces", pieces, PROTOBUF, encode_chunked=True)
    assert answer.status == 200
    assert pipe.records == [span()]


def test_a_chunked_body_over_the_limit_is_413(http_to, pipe: ScriptedPipe) -> None:
    pieces = (b"\0" * 65536 for _ in range(40))
    answer, _ = ask(http_to, "POST", "/v1/traces", pieces, PROTOBUF, encode_chunked=True)
    assert answer.status == 413
    answer, _ = ask(http_to, "POST", "/v1/traces", BODY, PROTOBUF)
    assert answer.status == 200


def test_expect_continue_spares_the_upload_of_what_is_too_large(receiver: Transports) -> None:
    with socket.create_connection(("127.0.0.1", receiver.http_port), timeout=20) as raw:
        raw.sendall(
            b"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\n"
            b"content-length: 99999999\r\nexpect: 100-continue\r\n\r\n"
        )
        assert raw.recv(4096).startswith(b"HTTP/1.1 413")


def test_expect_continue_is_continued(receiver: Transports, pipe: ScriptedPipe) -> None:
    with socket.create_connection(("127.0.0.1", receiver.http_port), timeout=20) as raw:
        raw.sendall(
            b"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\n"
            b"content-length: %d\r\nexpect: 100-continue\r\n\r\n" % len(BODY)
        )
        assert raw.recv(4096).startswith(b"HTTP/1.1 100")
        raw.sendall(BODY)
        assert raw.recv(4096).startswith(b"HTTP/1.1 200")
    assert pipe.records == [span()]


def test_a_sender_that_leaves_in_the_middle_costs_nothing(receiver: Transports, http_to, pipe: ScriptedPipe) -> None:
    with socket.create_connection(("127.0.0.1", receiver.http_port), timeout=20) as raw:
        raw.sendall(b"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: 500\r\n\r\nabc")  # fmt: skip
    assert ask(http_to, "POST", "/v1/traces", BODY, PROTOBUF)[0].status == 200
    assert len(pipe.taken) == 1


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/api/public/otel/v1/traces"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_405(http_to, method: str, path: str) -> None:
    answer, _ = ask(http_to, method, path)
    assert (answer.status, answer.getheader("allow")) == (405, "POST")


@pytest.mark.parametrize("path", ["/", "/v1/metrics", "/v1/tracesx", "/%00", "/v1/../etc/passwd"])
def test_other_paths_are_404(http_to, path: str) -> None:
    assert ask(http_to, "POST", path, BODY, PROTOBUF)[0].status == 404


def test_the_path_of_langfuse_is_served(http_to, pipe: ScriptedPipe) -> None:
    assert ask(http_to, "POST", "/api/public/otel/v1/traces", BODY, PROTOBUF)[0].status == 200
    assert pipe.records == [span()]


def test_errors_are_a_status_in_the_encoding_of_the_request(http_to) -> None:
    _, body = ask(http_to, "POST", "/v1/traces", b"\xff", PROTOBUF)
    assert (Status.FromString(body).code, bool(Status.FromString(body).message)) == (3, True)
    _, body = ask(http_to, "POST", "/v1/traces", b"{", JSON)
    assert json.loads(body)["code"] == 3
    assert "JSON" in json.loads(body)["message"]


def test_retries_carry_retry_info_in_the_body_as_well(http_to, pipe: ScriptedPipe) -> None:
    pipe.refuse = QueueFull("No room.", retry_after_ms=1_500)
    answer, body = ask(http_to, "POST", "/v1/traces", b"{}", JSON)
    assert (answer.status, answer.getheader("retry-after")) == (503, "2")
    assert json.loads(body)["details"] == [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.500s"}]  # fmt: skip
    pipe.refuse = RateLimited("Too fast.", retry_after_ms=1_000)
    answer, _ = ask(http_to, "POST", "/v1/traces", b"{}", JSON)
    assert (answer.status, answer.getheader("retry-after")) == (429, "1")


def test_partial_success_in_json_has_64_bit_integers_as_strings(http_to, pipe: ScriptedPipe) -> None:
    pipe.receipt = Receipt(1, rejected=2, message="two")
    _, body = ask(http_to, "POST", "/v1/traces", b"{}", JSON)
    assert json.loads(body) == {"partialSuccess": {"rejectedSpans": "2", "errorMessage": "two"}}
    _, body = ask(http_to, "POST", "/v1/traces", b"", PROTOBUF)
    assert ExportTraceServiceResponse.FromString(body).partial_success.rejected_spans == 2


def test_json_as_other_senders_write_it(http_to, pipe: ScriptedPipe) -> None:
    """Lower-case ids, integers as numbers or strings, original field names, nulls, enums by name, url-safe base64."""
    document = {
        "resource_spans": [{"scope_spans": [{"spans": [{
            "trace_id": "abcd" * 8, "spanId": "EF01234567890000", "parentSpanId": "", "name": "n", "kind": "SPAN_KIND_CLIENT",
            "startTimeUnixNano": 1760000000123456789, "end_time_unix_nano": "1760000000123456790", "status": None,
            "attributes": [
                {"key": "i", "value": {"intValue": 5}}, {"key": "s", "value": {"intValue": "-6"}},
                {"key": "f", "value": {"doubleValue": 1}}, {"key": "e", "value": {"intValue": 1e3}},
                {"key": "b", "value": {"bytesValue": "-_8"}}, {"key": "nan", "value": {"doubleValue": "NaN"}},
            ],
        }]}]}]
    }  # fmt: skip
    answer, _ = ask(http_to, "POST", "/v1/traces", json.dumps(document), JSON)
    assert answer.status == 200
    (got,) = pipe.records
    assert (got.trace_id.hex(), got.span_id.hex(), got.parent_span_id) == ("abcd" * 8, "ef01234567890000", b"")
    assert (got.kind, got.start_time_unix_nano, got.end_time_unix_nano) == (3, 1760000000123456789, 1760000000123456790)
    values = {one.key: one.value for one in got.attributes}
    assert (values["i"].int_value, values["s"].int_value, values["e"].int_value) == (5, -6, 1000)
    assert (values["f"].double_value, values["b"].bytes_value) == (1.0, b"\xfb\xff")
    assert values["nan"].double_value != values["nan"].double_value


@pytest.mark.parametrize(
    ("field", "value"),
    [("traceId", "xyz"), ("traceId", 5), ("spanId", "abc"), ("kind", "NO_KIND"), ("name", 7), ("startTimeUnixNano", "soon"),
     ("startTimeUnixNano", -1), ("startTimeUnixNano", 2**64), ("attributes", {}), ("attributes", [{"key": 1}]),
     ("attributes", [{"key": "k", "value": {"intValue": 1.5}}]), ("attributes", [{"key": "k", "value": {"boolValue": "true"}}]),
     ("events", [3]), ("status", "error")],
)  # fmt: skip
def test_a_json_span_with_a_wrong_field_costs_only_itself(
    http_to, pipe: ScriptedPipe, field: str, value: object
) -> None:
    document = json.loads(to_json(traces(span(1), span(2), span(3))))
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][1][field] = value
    answer, body = ask(http_to, "POST", "/v1/traces", json.dumps(document), JSON)
    assert (answer.status, json.loads(body)["partialSuccess"]["rejectedSpans"]) == (200, "1")
    assert f"spans[1].{field}" in json.loads(body)["partialSuccess"]["errorMessage"]
    assert pipe.records == [span(1), span(3)]


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b"null", b"5", b'"text"', b'{"resourceSpans":5}', b'{"resourceSpans":[5]}', b'{"resourceSpans":{}}',
     b'{"resourceSpans":[{"scopeSpans":"x"}]}', b"{}{}", b'{"a":' * 5_000, b'{"resourceSpans":[{"resource":{"attributes":[7]}}]}'],
)  # fmt: skip
def test_json_that_is_no_request_is_400(http_to, pipe: ScriptedPipe, document: bytes) -> None:
    answer, body = ask(http_to, "POST", "/v1/traces", document, JSON)
    assert answer.status == 400
    assert len(json.loads(body)["message"]) > 10
    assert pipe.taken == []


def test_a_connection_is_kept_alive(http_to, pipe: ScriptedPipe) -> None:
    ask(http_to, "POST", "/v1/traces", BODY, PROTOBUF)
    first = http_to.sock
    ask(http_to, "POST", "/v1/traces", gzip.compress(BODY), PROTOBUF | {"content-encoding": "gzip"})
    assert http_to.sock is first is not None


def test_no_cross_origin_request_is_invited(http_to) -> None:
    answer, _ = ask(http_to, "OPTIONS", "/v1/traces", headers={"origin": "https://evil.example"})
    assert answer.getheader("access-control-allow-origin") is None


def test_health_is_alive_and_readiness_says_why_not(start: Callable[..., Transports]) -> None:
    why = ""
    receiver = start(ready=lambda: why)
    connection = http.client.HTTPConnection("127.0.0.1", receiver.http_port, timeout=20)
    assert [ask(connection, "GET", path)[0].status for path in ("/healthz", "/readyz")] == [200, 200]
    why = "the store does not answer"
    answer, body = ask(connection, "GET", "/readyz")
    assert (answer.status, body) == (503, b"the store does not answer\n")
    assert ask(connection, "GET", "/healthz")[0].status == 200
    assert ask(connection, "POST", "/healthz")[0].status == 405
    connection.close()


def test_metrics_are_in_prometheus_format(http_to) -> None:
    ask(http_to, "POST", "/v1/traces", BODY, PROTOBUF)
    answer, body = ask(http_to, "GET", "/metrics")
    assert answer.getheader("content-type", "").startswith("text/plain; version=0.0.4")
    assert b'assay_requests_total{signal="traces",status="200",transport="http"}' in body
    assert b"# TYPE assay_commit_seconds histogram" in body


def test_what_is_being_received_is_bounded_too(start: Callable[..., Transports], pipe: ScriptedPipe) -> None:
    """Senders that keep their bodies open fill memory before the queue: who comes on top of the limit is told to retry."""
    receiver = start(max_request_bytes=MIB, queue_limit_bytes=MIB)
    body = traces(span(attributes=[attribute("padding", "x" * (MIB - 4096))])).SerializeToString()
    head = f"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: {len(body)}\r\n\r\n"
    senders = [socket.create_connection(("127.0.0.1", receiver.http_port), timeout=20) for _ in range(2)]
    for sender in senders:
        sender.sendall(head.encode() + body[: MIB * 3 // 4])
    with selectors.DefaultSelector() as readable:
        for sender in senders:
            readable.register(sender, selectors.EVENT_READ, sender)
        answered = [key.data for key, _ in readable.select(20)]
    assert len(answered) == 1
    told = answered[0].recv(65536)
    assert told.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: " in told.lower()
    assert not pipe.records
    other = next(sender for sender in senders if sender is not answered[0])
    other.sendall(body[MIB * 3 // 4 :])
    assert other.recv(65536).startswith(b"HTTP/1.1 200 ")
    again = socket.create_connection(("127.0.0.1", receiver.http_port), timeout=20)
    again.sendall(head.encode() + body)
    assert again.recv(65536).startswith(b"HTTP/1.1 200 "), "the room of those that ended is free again"
    assert len(pipe.records) == 2
    for sender in (*senders, again):
        sender.close()


def test_a_body_that_never_ends_gives_its_room_back(
    start: Callable[..., Transports], pipe: ScriptedPipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sender that vanished in the middle without a word holds nobody up for ever."""
    monkeypatch.setattr(accept, "ARRIVE_SECONDS", 0.2)
    receiver = start(max_request_bytes=MIB, queue_limit_bytes=MIB)
    body = traces(span(attributes=[attribute("padding", "x" * (MIB - 4096))])).SerializeToString()
    head = f"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", receiver.http_port), timeout=20) as stuck:
        stuck.sendall(head.encode() + body[: MIB // 2])
        told = stuck.recv(65536)
        assert told.startswith(b"HTTP/1.1 503 ")
        assert b"did not arrive" in told
        monkeypatch.undo()
        connection = http.client.HTTPConnection("127.0.0.1", receiver.http_port, timeout=20)
        assert ask(connection, "POST", "/v1/traces", body, PROTOBUF)[0].status == 200, "there was room for one"
        connection.close()
    assert len(pipe.records) == 1


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_decompressed_bytes_count_as_received(
    start: Callable[..., Transports], pipe: ScriptedPipe, encoding: str
) -> None:
    receiver = start(max_request_bytes=8 * MIB, queue_limit_bytes=MIB)
    held = socket.create_connection(("127.0.0.1", receiver.http_port), timeout=20)
    body = traces(span(attributes=[attribute("padding", "x" * (4 * MIB))])).SerializeToString()
    headers = {**PROTOBUF, "content-encoding": encoding}
    connection = http.client.HTTPConnection("127.0.0.1", receiver.http_port, timeout=20)
    answer, _ = ask(connection, "POST", "/v1/traces", COMPRESS[encoding](body), headers)
    assert answer.status == 200, "a request alone always fits"
    held.sendall(
        b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 9999\r\n\r\n1"
    )
    statuses = [200]
    while statuses[-1] == 200:  # until the first byte of the other has been read
        answer, _ = ask(connection, "POST", "/v1/traces", COMPRESS[encoding](body), headers)
        statuses.append(answer.status)
    assert statuses[-1] in {429, 503}
    assert int(answer.getheader("retry-after") or 0) >= 1
    held.close()
    connection.close()
