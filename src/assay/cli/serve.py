"""The long-running programs: `serve`, `receive`, `settle`, `score`. They end cleanly on Ctrl-C and SIGTERM."""

import sys
from argparse import Namespace

from assay.app.run import Running, run
from assay.cli.connect import configuration


def run_serve(arguments: Namespace) -> int:
    """Receiver, settler and door in one process; with a flag the scorer too."""
    loaded = configuration(arguments)
    run(
        loaded.config, receive=True, settle=True, score=arguments.with_scorer, announce=_announce, where=loaded.where
    )  # fmt: skip
    return 0


def run_receive(arguments: Namespace) -> int:
    """The receiver alone; its store is elsewhere."""
    loaded = configuration(arguments)
    run(loaded.config, receive=True, settle=False, announce=_announce, where=loaded.where)
    return 0


def run_settle(arguments: Namespace) -> int:
    """The settler alone; its store is elsewhere."""
    loaded = configuration(arguments)
    run(loaded.config, receive=False, settle=True, announce=_announce, where=loaded.where)
    return 0


def run_score(arguments: Namespace) -> int:
    """The scorer alone; its store is elsewhere."""
    loaded = configuration(arguments)
    run(loaded.config, receive=False, settle=False, score=True, announce=_announce, where=loaded.where)
    return 0


def _announce(running: Running) -> None:
    """Where everything listens, on standard error: standard output stays free."""
    sys.stderr.write("".join(f"{line}\n" for line in places(running)))
    sys.stderr.flush()


def places(running: Running) -> list[str]:
    """One line for each thing that somebody may want to connect to."""
    lines = [f"store    {running.store.dsn}"]
    if running.grpc_port:
        lines.append(f"OTLP     grpc://127.0.0.1:{running.grpc_port}")
    if running.http_port:
        lines.append(f"         http://127.0.0.1:{running.http_port}/v1/traces and /v1/logs")
        lines.append(f"metrics  http://127.0.0.1:{running.http_port}/metrics")
    if running.health_port:
        lines.append(f"metrics  http://127.0.0.1:{running.health_port}/metrics")
    if running.door_url:
        lines.append(f"SQL      {running.door_url}  (any ClickHouse HTTP client; read-only without the token)")
    return lines
