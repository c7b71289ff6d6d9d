"""OTLP/gRPC and feedback: raw bytes off the wire, on an event loop of its own.

https://opentelemetry.io/docs/specs/otlp/#otlpgrpc. Compression (gzip, deflate) and the size limit are those of gRPC's
core, which checks the size before and after decompression and answers RESOURCE_EXHAUSTED without RetryInfo.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import grpc
from grpc_health.v1 import _async as health
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from assay import telemetry
from assay.config.model import GrpcListener, Tls
from assay.errors import BadPayload, ConfigError, QueueFull
from assay.otlp.answer import status_of
from assay.receiver.accept import Accept, arriving
from assay.receiver.receipt import Signal
from assay.receiver.refusal import refusal, response_to
from assay.v1 import feedback_pb2
from assay.wire import tls as certificates

log = logging.getLogger(__name__)

T = TypeVar("T")

SERVICES: dict[str, tuple[str, Signal]] = {
    trace_service_pb2.DESCRIPTOR.services_by_name["TraceService"].full_name: ("Export", "traces"),
    logs_service_pb2.DESCRIPTOR.services_by_name["LogsService"].full_name: ("Export", "logs"),
    feedback_pb2.DESCRIPTOR.services_by_name["Feedback"].full_name: ("Send", "feedback"),
}
"""Each has one method."""
COUNTED_AS_BYTES = 4 * 1024 * 1024
"""What a message counts as while it is read, when only gRPC's core knows its size: the most that gRPC sends by default."""
WAIT_TO_READ_SECONDS = 2.0
"""A sender that is not read for so long is told to retry."""

CODES = {code.value[0]: code for code in grpc.StatusCode}


@dataclass(frozen=True, slots=True)
class RunningGrpc:
    """A gRPC server that accepts connections until `stop`."""

    port: int
    _loop: asyncio.AbstractEventLoop
    _thread: threading.Thread
    _server: Any
    _health: Any

    def not_serving(self) -> None:
        """Tell health checks that this receiver goes away, so that balancers look elsewhere; requests are answered."""
        _run(self._loop, self._health.enter_graceful_shutdown())

    def stop(self, grace_seconds: float) -> None:
        """Take no new call, wait for those under way, return when the thread has ended."""
        with contextlib.suppress(RuntimeError):
            _run(self._loop, self._server.stop(grace_seconds))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=grace_seconds + 5)


def serve_grpc(accept: Accept, listener: GrpcListener) -> RunningGrpc:
    """Serve traces, logs, feedback, health and reflection; returns when calls are answered.

    Raises ConfigError where the address cannot be bound or the certificate cannot be read.
    """
    loop = _new_loop()
    thread = threading.Thread(target=_run_loop, args=(loop,), name="assay-grpc", daemon=True)
    thread.start()
    try:
        server, servicer, port = _run(loop, _start(accept, listener))
    except BaseException:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        raise
    return RunningGrpc(port, loop, thread, server, servicer)


async def _start(accept: Accept, listener: GrpcListener) -> tuple[Any, Any, int]:
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", accept.max_request_bytes),
            # A second process on the same port must fail to start, not take half of the traffic.
            ("grpc.so_reuseport", 0),
            # The Collector pings idle connections when told to; gRPC would answer that with "too many pings".
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
            ("grpc.http2.max_ping_strikes", 0),
        ]
    )
    reading = asyncio.Semaphore(max(1, accept.room.limit_bytes // COUNTED_AS_BYTES))
    for service, (method, signal) in SERVICES.items():
        # To a sender it is a unary call; here the message is taken off the wire when there is room for it, not before.
        handler = grpc.stream_unary_rpc_method_handler(_export(accept, signal, reading))
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    servicer = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    names = (*SERVICES, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME)
    reflection.enable_server_reflection(names, server)
    host = f"[{listener.host}]" if ":" in listener.host else listener.host
    address = f"{host}:{listener.port}"
    try:
        if listener.tls.cert_file:
            port = server.add_secure_port(address, _credentials(listener.tls))
        else:
            port = server.add_insecure_port(address)
    except RuntimeError as cause:
        raise ConfigError(f"Cannot listen on {address} for OTLP/gRPC: {cause}. Choose another port.") from cause
    await server.start()
    for name in ("", *SERVICES):
        await servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    return server, servicer, port


def _export(accept: Accept, signal: Signal, reading: asyncio.Semaphore) -> Callable[[Any, Any], Awaitable[bytes]]:
    async def export(_messages: Any, context: Any) -> bytes:
        try:
            workspace = accept.admit(_authorization(context.invocation_metadata()))
            submitted = accept.submit(
                signal, await _message(context, reading), encoding="protobuf", compression="", workspace=workspace, transport="grpc"
            )  # fmt: skip
            receipt = await asyncio.wrap_future(submitted)
        except Exception as error:
            answer = refusal(error, transport="grpc")
            code = CODES[answer.grpc_code]
            telemetry.count("assay_requests_total", transport="grpc", signal=signal, status=code.name)
            details = (("grpc-status-details-bin", status_of(answer).SerializeToString()),)
            await context.abort(code, answer.message, trailing_metadata=details)
            raise AssertionError("abort raises") from error
        telemetry.count("assay_requests_total", transport="grpc", signal=signal, status="OK")
        return bytes(response_to(signal, receipt).SerializeToString())

    return export


async def _message(context: Any, reading: asyncio.Semaphore) -> bytes:
    """The call's one message. Raises QueueFull where others are read for too long, BadPayload where none comes."""
    if not reading.locked():
        await reading.acquire()
    else:
        try:
            await asyncio.wait_for(reading.acquire(), WAIT_TO_READ_SECONDS)
        except TimeoutError as cause:
            raise QueueFull("As many requests are being received as memory is meant for. Send again.") from cause
    try:
        async with arriving():
            message = await context.read()
    finally:
        reading.release()
    if not isinstance(message, bytes):
        raise BadPayload("The call ended without a message.")
    return message


def _authorization(metadata: Any) -> str:
    return next((str(value) for key, value in metadata or () if key == "authorization"), "")


def _credentials(tls: Tls) -> Any:
    """Server credentials whose handshakes use the files as they are at that moment."""
    try:
        seen = certificates.stamp(tls)
        first = _certificate(tls)
    except OSError as cause:
        raise ConfigError(f"{tls.cert_file}: cannot use this certificate: {cause}") from cause

    def renew() -> Any:
        nonlocal seen
        try:
            now = certificates.stamp(tls)
            if now == seen:
                return None
            # The core keeps the old pair when the new one does not fit together; check it here to say so.
            certificates.server_context(tls)
            renewed = _certificate(tls)
        except (OSError, ConfigError) as cause:
            log.warning("certificate not read again", extra={"file": tls.cert_file, "error": str(cause)})
            return None
        seen = now
        log.info("certificate read again", extra={"file": tls.cert_file})
        return renewed

    certificates.server_context(tls)
    return grpc.dynamic_ssl_server_credentials(first, renew, require_client_authentication=bool(tls.client_ca_file))


def _certificate(tls: Tls) -> Any:
    pair = (Path(tls.key_file or tls.cert_file).read_bytes(), Path(tls.cert_file).read_bytes())
    authorities = Path(tls.client_ca_file).read_bytes() if tls.client_ca_file else None
    return grpc.ssl_server_certificate_configuration([pair], root_certificates=authorities)


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop  # noqa: PLC0415 - it does not exist on Windows
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
    loop.close()


def _run(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    done: Future[T] = asyncio.run_coroutine_threadsafe(work, loop)
    return done.result()
