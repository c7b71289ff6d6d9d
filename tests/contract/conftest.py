"""A running receiver on free loopback ports, and senders of each transport."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from assay.clock import ManualClock
from assay.config.model import GrpcListener, HttpListener, Receiver, Tls, Workspace
from assay.config.model import Store as StoreSettings
from assay.receiver.serve import Transports, open_transports
from assay.store.store import Store
from tests.contract.receiver_kit import CLIENTS, Client, ScriptedPipe, Trust
from tests.stores import migrated


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A real embedded store, which the tests of a file share."""
    settings = StoreSettings(dsn=f"chdb://{tmp_path_factory.mktemp('store')}/store")
    opened = migrated(settings)
    yield opened
    opened.close()


@pytest.fixture
def pipe() -> Iterator[ScriptedPipe]:
    """The pipe that `start` puts behind the receiver by default."""
    scripted = ScriptedPipe()
    yield scripted
    scripted.release()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def start(pipe: ScriptedPipe, clock: ManualClock) -> Iterator[Callable[..., Transports]]:
    """Start a receiver: `start(workspaces={...}, tls=..., ready=..., max_request_bytes=...)`; it ends with the test."""
    running: list[Transports] = []

    def begin(
        *,
        workspaces: dict[str, Workspace] | None = None,
        tls: Tls | None = None,
        ready: Callable[[], str] = lambda: "",
        **settings: Any,
    ) -> Transports:
        receiver = Receiver(
            grpc=GrpcListener(port=0, tls=tls or Tls()), http=HttpListener(port=0, tls=tls or Tls()), **settings
        )
        running.append(
            open_transports(pipe, receiver, workspaces or {"default": Workspace()}, clock=clock, ready=ready)
        )
        return running[-1]

    yield begin
    pipe.release()
    for one in running:
        one.drain(5)


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Open a client by the name of its transport; it closes with the test."""
    opened: list[Client] = []

    def begin(name: str, ports: Transports, trust: Trust | None = None) -> Client:
        opened.append(CLIENTS[name](ports, trust))
        return opened[-1]

    yield begin
    for one in opened:
        one.close()


@pytest.fixture(params=sorted(CLIENTS))
def transport(request: pytest.FixtureRequest) -> str:
    """Each of gRPC, HTTP/protobuf and HTTP/JSON."""
    return str(request.param)


@pytest.fixture
def client(transport: str, start: Callable[..., Transports], connect: Callable[..., Client]) -> Client:
    """A client of a receiver with default settings."""
    return connect(transport, start())
