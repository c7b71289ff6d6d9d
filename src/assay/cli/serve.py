"""The long-running programs: `serve`, `receive`, `settle`, `score`. They end cleanly on Ctrl-C and SIGTERM."""

import json
import sys
from argparse import Namespace

from assay.app.run import Running, run
from assay.cli.connect import configuration
from assay.config.model import Config, Listener
from assay.wire.serve import url_of


def run_serve(arguments: Namespace) -> int:
    """Receiver, settler and door in one process; with a flag the scorer too."""
    return _run(arguments, receive=True, settle=True, score=arguments.with_scorer)


def run_receive(arguments: Namespace) -> int:
    """The receiver alone; its store is elsewhere."""
    return _run(arguments, receive=True, settle=False)


def run_settle(arguments: Namespace) -> int:
    """The settler alone; its store is elsewhere."""
    return _run(arguments, receive=False, settle=True)


def run_score(arguments: Namespace) -> int:
    """The scorer alone; its store is elsewhere."""
    return _run(arguments, receive=False, settle=False, score=True)


def _run(arguments: Namespace, *, receive: bool, settle: bool, score: bool = False) -> int:
    loaded = configuration(arguments)

    def announce(running: Running) -> None:
        """People read where everything listens on standard error; programs ask for JSON, a line on standard output."""
        if arguments.json:
            sys.stdout.write(json.dumps(addresses(running, loaded.config, score=score)) + "\n")
            sys.stdout.flush()
        else:
            sys.stderr.write("".join(f"{line}\n" for line in places(running, loaded.config, score=score)))
            sys.stderr.flush()

    run(loaded.config, receive=receive, settle=settle, score=score, announce=announce, where=loaded.where)
    return 0


def addresses(running: Running, config: Config, *, score: bool = False) -> dict[str, str]:
    """What somebody may want to connect to, by name; what is off is not there. `score`: of `assay score`."""
    grpc, http = config.receiver.grpc, config.receiver.http
    health = config.judges.http if score else config.settle.http
    metrics = _url("http", http, running.http_port) or _url("http", health, running.health_port)
    found = {
        "store": str(running.store.dsn),
        "otlp_grpc": _url("grpc", grpc, running.grpc_port),
        "otlp_http": _url("http", http, running.http_port),
        "metrics": metrics and f"{metrics}/metrics",
        "sql": running.door_url,
    }
    return {name: value for name, value in found.items() if value}


def _url(scheme: str, listener: Listener, port: int) -> str:
    return url_of(scheme, listener.host, port, tls=bool(listener.tls.cert_file)) if port else ""


def places(running: Running, config: Config, *, score: bool = False) -> list[str]:
    """`addresses` for people, a line each."""
    lines = {
        "store": "store    {}",
        "otlp_grpc": "OTLP     {}",
        "otlp_http": "         {}/v1/traces and /v1/logs",
        "metrics": "metrics  {}",
        "sql": "SQL      {}  (any ClickHouse HTTP client; read-only without the token)",
    }
    return [lines[name].format(value) for name, value in addresses(running, config, score=score).items()]
