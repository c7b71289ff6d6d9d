"""Health and metrics of a program that receives nothing: what `receiver/http.py` answers beside OTLP."""

import asyncio
from collections.abc import Awaitable, Callable

from assay import telemetry
from assay.telemetry.metrics import CONTENT_TYPE as METRICS_TYPE
from assay.wire import Receive, Scope, Send, respond

PLAIN = b"text/plain; charset=utf-8"

Why = Callable[[], str]
"""Why something is not as it should be; empty when it is."""


def health_app(*, why_not_alive: Why, why_not_ready: Why) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """GET of /healthz (restart me when it fails), /readyz and /metrics."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].rstrip("/")
        if path == "/metrics":
            await respond(send, 200, telemetry.exposition(), content_type=METRICS_TYPE.encode())
        elif path in {"/healthz", "/readyz"}:
            why = await asyncio.to_thread(why_not_alive if path == "/healthz" else why_not_ready)
            await respond(send, 503 if why else 200, f"{why or 'ok'}\n".encode(), content_type=PLAIN)
        else:
            await respond(send, 404, b"Here are /healthz, /readyz and /metrics.\n", content_type=PLAIN)

    return app
