"""Starts what a configuration asks for and stops it in order.

Opened in the order store, door, pipe, transports, upkeep, scorer and closed in the other: the round of upkeep under way ends, then
the listeners close, then what was accepted is committed, then the door and the store close.
"""

import contextlib
import json
import logging
import os
import secrets
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assay import __version__, telemetry
from assay.app.health import health_app
from assay.app.preparer_process import PreparerProcess
from assay.app.process import settle_in
from assay.app.scorer_process import ScorerProcess
from assay.checks.chosen import checks_of, trace_checks_of
from assay.clock import Clock, SystemClock
from assay.config.load import Where
from assay.config.model import Config, HealthListener, Tls, Workspace
from assay.errors import ConfigError, StoreUnavailable
from assay.otlp.decode import Decoder
from assay.receiver.forward import Forwarder, forwarder_of
from assay.receiver.pipe import CommitPipe
from assay.receiver.prepare import Prepare, preparer_of
from assay.receiver.serve import open_transports
from assay.scorer.run import Upkeep
from assay.scorer.score import Scorer
from assay.store.door import open_door
from assay.store.dsn import Dsn, parse_dsn
from assay.store.engine import Engine
from assay.store.migrate import migrate
from assay.store.owner import NOTE, through_door
from assay.store.store import Store, open_store
from assay.wire import serve

log = logging.getLogger(__name__)

STORE_WAIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Running:
    """What listens. Ports are 0 and the URL empty where something is off."""

    store: Store
    grpc_port: int = 0
    http_port: int = 0
    door_url: str = ""
    health_port: int = 0


@contextmanager
def running(
    config: Config,
    *,
    clock: Clock,
    receive: bool = True,
    settle: bool = True,
    score: bool = False,
    apart: bool = False,
    where: Where | None = None,
) -> Iterator[Running]:
    """Everything that `config` asks for, until the block ends. `where` is the place of each setting, for messages.

    `apart` puts decoding, and what is neither receiver nor store, into processes of their own; the latter unless only this one
    can reach the store.

    Raises `ConfigError` for an address, file or DSN that cannot be used, `StoreOwned` when another process owns the
    embedded folder, `MigrationError` for a schema that is not ours, `StoreUnavailable` when the store does not answer.
    """
    with ExitStack() as stack:
        checks = checks_of(config.checks, where)
        dsn = parse_dsn(config.store)
        engine = _engine(dsn, stack) if dsn.embedded else None
        store = open_store(config.store)
        stack.callback(store.close)
        # Whoever owns an embedded folder migrates it; a server is migrated by whoever comes first.
        ran = migrate(store, config.store)
        if ran:
            log.info("schema migrated", extra={"scripts": len(ran)})
        door_url = ""
        if engine is not None and config.door.enabled:
            door_url = _open_door(engine, config, dsn, clock, stack)
        grpc_port = http_port = health_port = 0
        if receive:
            pipe = CommitPipe(
                store, _preparing(config, stack, apart=apart), config.receiver, clock, _forwarder(config, stack)
            )
            pipe.start()
            stack.callback(pipe.close, config.receiver.drain_seconds)
            transports = open_transports(
                pipe, config.receiver, config.workspaces, clock=clock, ready=lambda: pipe.why_not_ready
            )
            stack.callback(transports.drain, config.receiver.drain_seconds)
            grpc_port, http_port = transports.grpc_port, transports.http_port
        if apart and settle and (engine is None or door_url):
            scorer_process = ScorerProcess(
                partial(stay, _beside(config), receive=False, settle=True, score=score), log_level=config.log_level
            )
            stack.callback(scorer_process.stop, config.receiver.drain_seconds)
            scorer_process.start()
            settle = score = False
        if settle:
            upkeep = Upkeep(
                store,
                Decoder(config.mapping, config.prices),
                config.settle,
                clock,
                checks,
                trace_checks_of(config.checks),
            )
            upkeep.start()
            stack.callback(upkeep.stop, config.receiver.drain_seconds)
            if not receive and config.settle.http.enabled:
                health_port = _open_health(lambda: upkeep.why_not_alive, store, config.settle.http, stack)
        if score:
            scorer = Scorer(store, config, clock)
            scorer.start()
            stack.callback(scorer.stop, config.receiver.drain_seconds)
            if not receive and not settle and config.judges.http.enabled:
                health_port = _open_health(lambda: scorer.why_not_alive, store, config.judges.http, stack)
        yield Running(store, grpc_port, http_port, door_url, health_port)


def run(
    config: Config,
    *,
    receive: bool,
    settle: bool,
    announce: Callable[[Running], None],
    score: bool = False,
    where: Where | None = None,
) -> None:
    """`running` until SIGTERM or Ctrl-C. A server that is not there yet is waited for."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    telemetry.set_gauge("assay_build_info", 1, version=__version__)
    telemetry.set_gauge("assay_start_time_seconds", SystemClock().now_ns() / 1e9)
    for now in stay(config, stop, receive=receive, settle=settle, score=score, apart=receive, where=where):
        if now is not None:
            announce(now)


def stay(
    config: Config,
    stop: threading.Event,
    *,
    receive: bool,
    settle: bool,
    score: bool,
    apart: bool = False,
    where: Where | None = None,
) -> Iterator[Running | None]:
    """`running` from when the store is there until `stop`: yields what runs, then None every second.

    Only a receiver opens an embedded folder. Others reach it through the door of the process that owns it, and follow when
    that opens another one.
    """
    settle_in(config.log_level)
    embedded = parse_dsn(config.store).embedded
    while not stop.is_set():
        try:
            reached = config if receive or not embedded else _behind_its_door(config)
            with running(
                reached, clock=SystemClock(), receive=receive, settle=settle, score=score, apart=apart, where=where
            ) as now:
                yield now
                # A wait without limit would not let the signal handler run on every platform.
                while not stop.wait(1.0) and (reached is config or not _moved(config, reached)):
                    yield None
                log.info("stopping: what was accepted is committed first")
        except StoreUnavailable as error:
            if receive and embedded:
                raise
            log.warning("the store does not answer, it is tried again", extra={"error": str(error)})
            stop.wait(STORE_WAIT_SECONDS)


def _moved(config: Config, reached: Config) -> bool:
    """Whether the owner of the folder has opened another door."""
    return through_door(config.store, write=True) not in (None, reached.store)


def _behind_its_door(config: Config) -> Config:
    behind = through_door(config.store, write=True)
    if behind is None:
        raise StoreUnavailable(f"Nobody owns {parse_dsn(config.store)} yet: start `assay serve` on it.")
    return config.model_copy(update={"store": behind})


def _beside(config: Config) -> Config:
    """The configuration of a scorer beside a receiver, which answers for the health of both."""
    health = config.settle.http.model_copy(update={"enabled": False})
    return config.model_copy(update={"settle": config.settle.model_copy(update={"http": health})})


def _preparing(config: Config, stack: ExitStack, *, apart: bool) -> list[Prepare]:
    if not apart or not config.receiver.processes:
        return [preparer_of(config)]
    processes = [PreparerProcess(config) for _ in range(config.receiver.processes)]
    for one in processes:
        stack.callback(one.close)
    for one in processes:
        one.wait_until_ready()
    return list(processes)


def _forwarder(config: Config, stack: ExitStack) -> Forwarder | None:
    if not config.forward.endpoint:
        return None
    forwarder = forwarder_of(config)
    stack.callback(forwarder.close)
    return forwarder


def _engine(dsn: Dsn, stack: ExitStack) -> Engine:
    engine = Engine(dsn.path, dsn.database)
    stack.callback(engine.close)
    return engine


def _open_door(engine: Engine, config: Config, dsn: Dsn, clock: Clock, stack: ExitStack) -> str:
    token_file = Path(config.door.write_token_file or Path(dsn.path) / "door-token").expanduser()
    token = write_token(token_file, make=not config.door.write_token_file)
    door = open_door(engine, config.door, write_token=token, clock=clock, workspaces=config.workspaces)
    stack.callback(door.stop)
    ours, kept_apart = door, any(one.reader_token_files for one in config.workspaces.values())
    if config.door.tls.cert_file:
        # Our own programs on this machine know neither the name in the certificate nor have one: a door for them, which the token opens.
        listener = config.door.model_copy(update={"host": "127.0.0.1", "port": 0, "tls": Tls()})
        only_ours = {"": Workspace(reader_token_files=(str(token_file),))}
        ours = open_door(engine, listener, write_token=token, clock=clock, workspaces=only_ours)
        stack.callback(ours.stop)
    said = {
        "url": f"{ours.url}/{dsn.database}",
        "token_file": str(token_file.absolute()),
        "readers": "with a token" if kept_apart or ours is not door else "anybody",
    }
    note = Path(dsn.path) / NOTE
    note.write_text(json.dumps(said))
    stack.callback(_remove, note)
    return f"{door.url}/{dsn.database}"


def _open_health(why_not_alive: Callable[[], str], store: Store, listener: HealthListener, stack: ExitStack) -> int:
    app = health_app(
        why_not_alive=why_not_alive,
        why_not_ready=lambda: "" if store.ping() else "the store does not answer",
    )
    health = serve(app, host=listener.host, port=listener.port, tls=listener.tls, name="health")
    stack.callback(health.stop, 1)
    return health.port


def write_token(file: Path, *, make: bool) -> str:
    """The token that may write through the door; with `make`, a new one where there is none, for its owner only."""
    if make and not file.exists():
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(secrets.token_urlsafe(32) + "\n")
    try:
        token = file.read_text(encoding="utf-8").strip()
    except OSError as cause:
        raise ConfigError(f"door.write_token_file: cannot read {file}: {cause.strerror}.") from cause
    if len(token) < 16:
        raise ConfigError(
            f"door.write_token_file: the token in {file} is shorter than 16 characters. Write a longer one."
        )
    return token


def _remove(note: Path) -> None:
    with contextlib.suppress(OSError):
        note.unlink()
