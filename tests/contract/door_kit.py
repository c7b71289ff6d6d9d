"""A door over a real engine with rows behind it, and a plain HTTP caller."""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from assay.clock import SystemClock
from assay.config.model import Config, DoorListener, Retention
from assay.config.model import Store as StoreSettings
from assay.otlp.decode import Decoder
from assay.store.door import Door, open_door
from assay.store.engine import Engine
from assay.store.migrate import migrate
from assay.store.parcel import parcel_of
from assay.store.store import open_store
from assay.store.write import Writer
from tests.store.otlp import request, span

TOKEN = "the-token-of-the-tests"
LONG = "SELECT count() FROM numbers(1e13) WHERE cityHash64(number) = 7"
"""A statement that nobody waits for the end of."""
SERVER = """
import sys
from pathlib import Path
from tests.contract.door_kit import open_house
house = open_house(Path(sys.argv[1]), max_result_rows=10_000_000)
print(house.door.port, flush=True)
sys.stdin.read()
house.door.stop()
house.engine.close()
"""
"""A program that opens a house in a folder, prints the port of its door, and closes it when its input ends."""


class Answer(NamedTuple):
    """What came back; `code` is ClickHouse's, 0 where nothing went wrong."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> int:
        return int(self.headers.get("x-clickhouse-exception-code", 0))

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def ask(
    port: int,
    statement: str | bytes = b"",
    *,
    token: str = "",
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
    path: str = "/",
    timeout: float = 60,
    **parameters: str | int,
) -> Answer:
    """One request to the door at a port, on a connection of its own; parameters go into the URL."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        secret = {"X-ClickHouse-Key": token} if token else {}
        body = statement.encode() if isinstance(statement, str) else statement
        connection.request(method, f"{path}?{urlencode(parameters)}", body, {**secret, **(headers or {})})
        got = connection.getresponse()
        return Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())
    finally:
        connection.close()


class House(NamedTuple):
    """An engine, its door, and the folder that nobody may read through it."""

    engine: Engine
    door: Door
    folder: Path

    def ask(self, statement: str | bytes = b"", **options: Any) -> Answer:
        """One request; options as of `ask`."""
        return ask(self.door.port, statement, **options)

    def write(self, statement: str | bytes, **parameters: str | int) -> Answer:
        """With the token; fails the test where it is refused."""
        answer = self.ask(statement, token=TOKEN, **parameters)
        assert answer.status == 200, answer.text
        return answer

    def rows(self, statement: str, **parameters: str | int) -> list[list[object]]:
        """A reader's rows."""
        answer = self.ask(statement, default_format="JSONCompact", **parameters)
        assert answer.status == 200, answer.text
        rows: list[list[object]] = json.loads(answer.body)["data"]
        return rows


def open_house(folder: Path, **listener: float) -> House:
    """Migrated, with three spans of two traces and a table of numbers. Close the door before the engine."""
    database = folder / "db"
    engine = Engine(str(database), "assay")
    keeps = Retention(bodies_days=36_500, spans_days=36_500, rollups_days=36_500)
    settings = StoreSettings(dsn=f"chdb://{database}", retention=keeps)
    store = open_store(settings)
    migrate(store, settings)
    spans = [span(1, 1, tokens=(10, 5)), span(1, 2, parent=1, tokens=(7, 3)), span(2, 1, tokens=(1, 1), error=True)]
    Writer(store, SystemClock()).write([parcel_of(Decoder().traces(request(spans), workspace="default"))])
    store.close()
    door = open_door(engine, DoorListener(port=0, **listener), write_token=TOKEN, clock=SystemClock())
    house = House(engine, door, folder)
    house.write("CREATE TABLE numbered (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
    house.write("INSERT INTO numbered SELECT number, toString(number) FROM numbers(1000)")
    return house


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Waits until it holds; fails with `what` where it does not."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def running(house: House) -> list[str]:
    """Statements that the engine works on, but for this one."""
    answer = house.ask(
        "SELECT query FROM system.processes WHERE query NOT LIKE '%system.processes%' FORMAT TSV", token=TOKEN
    )
    return answer.text.splitlines()


def leave_behind(house: House, statement: str, *, token: str = "", path: str = "/") -> socket.socket:
    """Send a statement and take nothing of its answer."""
    caller = socket.create_connection(("127.0.0.1", house.door.port))
    secret = f"X-ClickHouse-Key: {token}\r\n" if token else ""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{secret}Content-Length: {len(statement)}\r\n\r\n"
    caller.sendall(f"{head}{statement}".encode())
    return caller


def beside(config: Config, *argv: str) -> "subprocess.CompletedProcess[str]":
    """A command in another process, about the folder that this one owns."""
    return subprocess.run(
        [sys.executable, "-m", "assay.cli.main", *argv, "--dsn", config.store.dsn],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
