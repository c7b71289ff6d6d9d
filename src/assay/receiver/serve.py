"""Both transports in front of one pipe, opened and drained together."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from assay.clock import Clock
from assay.config.model import Receiver as Settings
from assay.config.model import Workspace
from assay.receiver.accept import Accept
from assay.receiver.grpc_server import RunningGrpc, serve_grpc
from assay.receiver.http import Ready, http_app
from assay.receiver.receipt import Pipe
from assay.wire import Running, serve


@dataclass(frozen=True, slots=True)
class Transports:
    """Listeners that accept requests until `drain`. A port is 0 where its listener is switched off."""

    _accept: Accept
    _grpc: RunningGrpc | None
    _http: Running | None
    _draining: threading.Event

    @property
    def grpc_port(self) -> int:
        """Bound port of OTLP/gRPC."""
        return self._grpc.port if self._grpc else 0

    @property
    def http_port(self) -> int:
        """Bound port of OTLP/HTTP."""
        return self._http.port if self._http else 0

    def drain(self, drain_seconds: float) -> bool:
        """Stop in order; True when everything that was taken was answered in time.

        Health says so first, then new requests are told to retry, then what was taken is waited for, then the listeners
        close. The pipe is to be closed after that. A second call does nothing.
        """
        if self._draining.is_set():
            return True
        self._draining.set()
        if self._grpc:
            self._grpc.not_serving()
        answered = self._accept.close(drain_seconds)
        # The answers are known; a second is enough to write them.
        if self._grpc:
            self._grpc.stop(1)
        if self._http:
            self._http.stop(1)
        return answered


def open_transports(
    pipe: Pipe, settings: Settings, workspaces: Mapping[str, Workspace], *, clock: Clock, ready: Ready
) -> Transports:
    """Listen as `settings` say and hand requests to `pipe`.

    `ready` says why no request would be taken (empty: one would); it is asked by /readyz. Raises ConfigError where an
    address, a certificate or a token file cannot be used; nothing listens then.
    """
    accept = Accept(
        pipe,
        workspaces,
        max_request_bytes=settings.max_request_bytes,
        receiving_limit_bytes=settings.queue_limit_bytes,
        clock=clock,
    )
    draining = threading.Event()

    def why_not() -> str:
        return "draining" if draining.is_set() else ready()

    grpc = serve_grpc(accept, settings.grpc) if settings.grpc.enabled else None
    try:
        http = None
        if settings.http.enabled:
            listener = settings.http
            http = serve(http_app(accept, why_not), host=listener.host, port=listener.port, tls=listener.tls)
    except BaseException:
        if grpc:
            grpc.stop(0)
        raise
    return Transports(accept, grpc, http, draining)
