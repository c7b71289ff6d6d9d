"""OTLP/HTTP, feedback, health and metrics as one ASGI application.

https://opentelemetry.io/docs/specs/otlp/#otlphttp. Answers are in the request's encoding; so are errors.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

from assay import telemetry
from assay.errors import UnsupportedEncoding
from assay.otlp.answer import body_of, retry_after_seconds, status_of
from assay.receiver.accept import Accept, arriving
from assay.receiver.receipt import Encoding, Receipt, Signal
from assay.receiver.refusal import refusal, response_to
from assay.telemetry.metrics import CONTENT_TYPE as METRICS_TYPE
from assay.wire import Disconnected, Receive, Scope, Send, header, read_body, respond

SIGNALS: dict[str, Signal] = {
    "/v1/traces": "traces",
    "/v1/logs": "logs",
    "/v1/feedback": "feedback",
    # Where Langfuse's SDKs send: https://langfuse.com/integrations/native/opentelemetry
    "/api/public/otel/v1/traces": "traces",
    "/api/public/otel/v1/logs": "logs",
}
ENCODINGS: dict[str, Encoding] = {
    "application/x-protobuf": "protobuf",
    "application/protobuf": "protobuf",
    "application/json": "json",
}
CONTENT_TYPES: dict[Encoding, bytes] = {"protobuf": b"application/x-protobuf", "json": b"application/json"}
BIG_BYTES = 64 * 1024
"""Compressed bodies past this are inflated on a thread, so that one sender does not stop the others."""
PLAIN = b"text/plain; charset=utf-8"

Ready = Callable[[], str]
"""Why no request would be taken now; empty when one would."""


def http_app(accept: Accept, ready: Ready) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The application: POST of traces, logs and feedback; GET of /healthz, /readyz and /metrics."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"].rstrip("/") or "/", scope["method"]
        if path in SIGNALS:
            if method != "POST":
                await respond(send, 405, b"Send with POST.\n", headers=[(b"allow", b"POST")], content_type=PLAIN)
            else:
                await _export(accept, SIGNALS[path], scope, receive, send)
        elif path not in {"/healthz", "/readyz", "/metrics"}:
            await respond(
                send, 404, b"Send OTLP to /v1/traces or /v1/logs, feedback to /v1/feedback.\n", content_type=PLAIN
            )
        elif method not in {"GET", "HEAD"}:
            await respond(send, 405, b"Only GET.\n", headers=[(b"allow", b"GET, HEAD")], content_type=PLAIN)
        elif path == "/metrics":
            await respond(send, 200, telemetry.exposition(), content_type=METRICS_TYPE.encode())
        else:
            why = "" if path == "/healthz" else await asyncio.to_thread(ready)
            await respond(send, 503 if why else 200, f"{why or 'ok'}\n".encode(), content_type=PLAIN)

    return app


async def _export(accept: Accept, signal: Signal, scope: Scope, receive: Receive, send: Send) -> None:
    encoding = ENCODINGS.get(header(scope, b"content-type").partition(";")[0].strip().lower())
    headers: list[tuple[bytes, bytes]] = []
    status = 200
    try:
        receipt = await _receipt(accept, signal, encoding, scope, receive)
        body = body_of(response_to(signal, receipt), encoding or "json")
    except Disconnected:
        return
    except Exception as error:  # noqa: BLE001 - the table knows an answer to every error
        answer = refusal(error, transport="http")
        status = answer.http_status
        seconds = retry_after_seconds(answer)
        if seconds is not None:
            headers.append((b"retry-after", b"%d" % seconds))
        if status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        body = body_of(status_of(answer), encoding or "json")
    telemetry.count("assay_requests_total", transport="http", signal=signal, status=str(status))
    await respond(send, status, body, headers=headers, content_type=CONTENT_TYPES[encoding or "json"])


async def _receipt(
    accept: Accept, signal: Signal, encoding: Encoding | None, scope: Scope, receive: Receive
) -> Receipt:
    workspace = accept.admit(header(scope, b"authorization"))
    if encoding is None:
        raise UnsupportedEncoding("Content-Type must be application/x-protobuf or application/json.")
    submitted = await _submitted(accept, signal, encoding, workspace, scope, receive)
    return await asyncio.wrap_future(submitted)


async def _submitted(
    accept: Accept, signal: Signal, encoding: Encoding, workspace: str, scope: Scope, receive: Receive
) -> "Future[Receipt]":
    """Read the body and hand it to the pipe; after that it is the pipe's alone."""
    compression = header(scope, b"content-encoding")
    with accept.room.receiving() as grow:
        async with arriving():
            payload = await read_body(scope, receive, limit_bytes=accept.max_request_bytes, grow=grow)

        def submit() -> "Future[Receipt]":
            return accept.submit(
                signal, payload, encoding=encoding, compression=compression, workspace=workspace, transport="http", grow=grow
            )  # fmt: skip

        inflate_elsewhere = compression and len(payload) > BIG_BYTES
        return await asyncio.to_thread(submit) if inflate_elsewhere else submit()
