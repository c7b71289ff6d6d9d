"""A door over a real engine with rows behind it, and a plain HTTP caller."""

import http.client
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from assay.clock import SystemClock
from assay.config.model import DoorListener, Retention
from assay.config.model import Store as StoreSettings
from assay.otlp.decode import Decoder
from assay.store.door import Door, open_door
from assay.store.engine import Engine
from assay.store.migrate import migrate
from assay.store.store import open_store
from assay.store.write import Writer
from tests.store.otlp import request, span

TOKEN = "the-token-of-the-tests"


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


class House(NamedTuple):
    """An engine, its door, and the folder that nobody may read through it."""

    engine: Engine
    door: Door
    folder: Path

    def ask(
        self,
        statement: str | bytes = b"",
        *,
        token: str = "",
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        path: str = "/",
        timeout: float = 60,
        **parameters: str | int,
    ) -> Answer:
        """One request on a connection of its own; parameters go into the URL."""
        connection = http.client.HTTPConnection("127.0.0.1", self.door.port, timeout=timeout)
        try:
            secret = {"X-ClickHouse-Key": token} if token else {}
            body = statement.encode() if isinstance(statement, str) else statement
            connection.request(method, f"{path}?{urlencode(parameters)}", body, {**secret, **(headers or {})})
            got = connection.getresponse()
            return Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())
        finally:
            connection.close()

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
    Writer(store, SystemClock()).write([Decoder().traces(request(spans), workspace="default")])
    store.close()
    door = open_door(engine, DoorListener(port=0, **listener), write_token=TOKEN, clock=SystemClock())
    house = House(engine, door, folder)
    house.write("CREATE TABLE numbered (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
    house.write("INSERT INTO numbered SELECT number, toString(number) FROM numbers(1000)")
    return house
