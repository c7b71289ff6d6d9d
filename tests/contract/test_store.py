"""The store contract, run by every store that there is here: the embedded engine, a door, and a server when ASSAY_TEST_CLICKHOUSE
is its DSN (of a user that may make databases). `assay doctor --store` runs the same items."""

import json
import os

import pytest

from assay.app.contract import contract, reader_contract
from assay.app.run import running
from assay.cli.main import main
from assay.clock import ManualClock, SystemClock
from assay.config.model import Config
from assay.config.model import Store as StoreSettings
from assay.store.store import Store, open_store


@pytest.fixture
def embedded(tmp_path):
    return StoreSettings(dsn=f"chdb://{tmp_path / 'db'}")


@pytest.fixture
def door(tmp_path):
    """A door: settings of a writer and of a reader."""
    config = Config.model_validate(
        {
            "store": {"dsn": f"chdb://{tmp_path / 'db'}"},
            "door": {"port": 0, "max_execution_seconds": 2},
            "receiver": {"grpc": {"enabled": False}, "http": {"enabled": False}},
        }
    )
    with running(config, clock=SystemClock(), receive=False, settle=False) as owner:
        token = (tmp_path / "db" / "door-token").read_text().strip()
        writer = owner.door_url.replace("http://", f"http://assay:{token}@")
        yield StoreSettings(dsn=writer), StoreSettings(dsn=owner.door_url)


def failed(items):
    return [item for item in items if item.verdict == "failed"]


def test_the_embedded_engine_keeps_the_contract(embedded):
    items = list(contract(embedded, ManualClock()))
    assert failed(items) == []
    assert len(items) >= 14
    store = open_store(embedded)
    assert not [row for row in store.rows("SHOW DATABASES") if "contract" in row["name"]]
    store.close()


def test_a_door_keeps_the_contract(door):
    writer, reader = door
    assert failed(contract(writer, ManualClock())) == []
    assert failed(reader_contract(reader)) == []


def test_a_server_keeps_the_contract():
    dsn = os.environ.get("ASSAY_TEST_CLICKHOUSE")
    if not dsn:
        pytest.skip("set ASSAY_TEST_CLICKHOUSE to the DSN of a ClickHouse server")
    assert failed(contract(StoreSettings(dsn=dsn), SystemClock())) == []


def test_a_writer_is_no_reader(door):
    """The reader's items can fail: a user that may do everything."""
    writer, _ = door
    names = {item.name for item in failed(reader_contract(writer))}
    assert {"reader: insert is refused", "reader: create is refused", "reader: file is refused"} <= names


def test_a_user_that_may_only_read_keeps_nothing(door):
    _, reader = door
    items = list(contract(reader, ManualClock()))
    assert [item.name for item in items] == ["server", "databases"]
    assert items[-1].verdict == "failed"


def test_a_store_that_loses_rows_is_found(embedded, monkeypatch):
    insert = Store.insert

    def lossy(self, table, data):
        insert(self, table, data.slice(0, data.num_rows - 1) if table == "spans" else data)

    monkeypatch.setattr(Store, "insert", lossy)
    assert "commit is visible" in {item.name for item in failed(contract(embedded, ManualClock()))}


def test_doctor_prints_a_verdict_per_item(embedded, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--store", "--dsn", embedded.dsn, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ok"]
    assert {item["name"] for item in said["items"]} >= {"server", "migrations", "erasure"}
