"""An ASGI server on its own thread."""

import logging
import socket
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import uvicorn

from assay.errors import ConfigError
from assay.wire.body import Receive, Scope, Send
from assay.wire.tls import CertificateFiles, server_context

App = Callable[[Scope, Receive, Send], Awaitable[None]]

KEEP_ALIVE_SECONDS = 120
"""Longer than a Collector's usual pause between two batches, so that a request rarely meets a connection being closed."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that accepts connections until `stop`."""

    host: str
    port: int
    """The bound port; the free one that was picked where 0 was asked for."""
    _server: uvicorn.Server
    _thread: threading.Thread

    def stop(self, grace_seconds: float) -> None:
        """Take no new connection, wait for answers under way, return when the thread has ended.

        Requests still unanswered after `grace_seconds` are cut off.
        """
        # uvicorn counts whole seconds and reads 0 as "cut off at once", which a draining server never means.
        self._server.config.timeout_graceful_shutdown = max(1, round(grace_seconds))
        self._server.should_exit = True
        self._thread.join(timeout=grace_seconds + 5)


class _Server(uvicorn.Server):
    """uvicorn's server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def serve(app: App, *, host: str, port: int, tls: CertificateFiles | None = None, name: str = "http") -> Running:
    """Run `app` on a thread and return when it accepts connections.

    `tls` with an empty `cert_file` (or None) is plain HTTP. Raises ConfigError where the address cannot be bound or the
    certificate cannot be read.
    """
    context = server_context(tls) if tls is not None and tls.cert_file else None
    listener = _bind(host, port)
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        ssl_context_factory=(lambda _config, _default: context) if context is not None else None,
    )
    server = _Server(config)
    failed: list[BaseException] = []

    def run() -> None:
        try:
            server.run(sockets=[listener])
        except BaseException as cause:
            failed.append(cause)
            log.exception("server ended", extra={"server": name})
            raise
        finally:
            server.ready.set()

    thread = threading.Thread(target=run, name=f"assay-{name}", daemon=True)
    bound = int(listener.getsockname()[1])
    thread.start()
    server.ready.wait()
    if failed:
        raise ConfigError(f"{name}: the server did not start: {failed[0]}") from failed[0]
    return Running(host, bound, server, thread)


EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - who listens everywhere is reached on loopback


def url_of(scheme: str, host: str, port: int, *, tls: bool) -> str:
    """How this machine reaches who listens there; `scheme` is the one without TLS."""
    reached = EVERYWHERE.get(host, host)
    return f"{scheme}{'s' if tls else ''}://{f'[{reached}]' if ':' in reached else reached}:{port}"


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as cause:
        raise ConfigError(f"Cannot listen on {host}:{port}: {cause.strerror or cause}. Choose another port.") from cause
