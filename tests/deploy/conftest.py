"""One engine with five weeks of the demo's traffic behind its door, for all tests of this folder: they only read."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from assay.app.demo_traffic import requests
from assay.clock import SystemClock
from assay.config.model import DoorListener, Receiver, Retention
from assay.config.model import Store as StoreSettings
from assay.otlp.decode import Decoder
from assay.receiver.pipe import CommitPipe
from assay.scorer.rollup import roll
from assay.scorer.settle import drain
from assay.store.door import open_door
from assay.store.engine import Engine
from assay.store.migrate import migrate
from assay.store.store import Store, open_store
from assay.store.write import Writer
from tests.contract.door_kit import TOKEN, House
from tests.deploy.plugin import Range, Value

WEEKS = 5
WEEK_NS = 7 * 86_400 * 10**9
TRACES = 150


class Rows(NamedTuple):
    """An answer: columns with ClickHouse's types, and rows."""

    types: dict[str, str]
    rows: list[list[object]]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Settled, rolled up and labelled as a running server has it."""
    folder = tmp_path_factory.mktemp("grafana")
    keeps = Retention(bodies_days=36_500, spans_days=36_500, rollups_days=36_500)
    settings = StoreSettings(dsn=f"chdb://{folder / 'db'}", retention=keeps)
    engine = Engine(str(folder / "db"), "assay")
    with closing(open_store(settings)) as store:
        migrate(store, settings)
        _fill(store)
    door = open_door(engine, DoorListener(port=0), write_token=TOKEN, clock=SystemClock())
    yield House(engine, door, folder)
    door.stop()
    engine.close()


def _fill(store: Store) -> None:
    """Through the receiver's own pipe, so that spans are checked as they are on the way in."""
    clock, decoder = SystemClock(), Decoder()
    pipe, now = CommitPipe(store, decoder, Receiver(), clock), clock.now_ns()
    pipe.start()
    for week in reversed(range(WEEKS)):
        traffic = requests(seed=week, traces=TRACES, until_ns=now - week * WEEK_NS)
        sent = [
            pipe.submit("traces", one.SerializeToString(), encoding="protobuf", workspace="default") for one in traffic
        ]
        assert sum(one.result(60).rejected for one in sent) == 0
    assert pipe.close(60)
    drain(store, Writer(store, clock), decoder)
    roll(store, lag_seconds=10)


@pytest.fixture(scope="session")
def window() -> Range:
    """The last day, in intervals of five minutes."""
    now = datetime.now(UTC)
    return Range(now - timedelta(hours=24), now + timedelta(minutes=5), 300)


def read(house: House, sql: str, **parameters: str | int) -> Rows:
    """What a reader at the door gets. Fails the test where it is refused."""
    answer = house.ask(sql, default_format="JSONCompact", **parameters)
    assert answer.status == 200, f"{answer.text[:2000]}\n\n{sql}"
    said = json.loads(answer.body)
    return Rows({one["name"]: one["type"] for one in said["meta"]}, said["data"])


@pytest.fixture(scope="session")
def chosen(house: House) -> dict[str, Value]:
    """Variables as a person finds them: All, all traffic, and a trace that retrieved something and failed."""
    trace = read(
        house,
        "SELECT trace_id FROM findings WHERE trace_id IN (SELECT trace_id FROM retrieved_documents) ORDER BY time DESC LIMIT 1",
    ).rows[0][0]
    return {
        **dict.fromkeys(
            ("service", "environment", "tenant", "route", "model", "prompt_version", "cohort_value", "stage", "label"), "$__all"
        ),
        "workspace": "default",
        "cohort_key": "everything",
        "words": "",
        "trace": str(trace),
    }  # fmt: skip
