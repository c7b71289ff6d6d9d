"""Doors that open, close and open again; each test has an engine of its own, and a process has one at a time."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from assay.clock import ManualClock, SystemClock
from assay.config.model import DoorListener
from assay.config.model import Store as StoreSettings
from assay.errors import QueryError, StoreUnavailable
from assay.store.door import open_door
from assay.store.engine import Engine
from assay.store.store import open_store
from tests.contract.door_kit import LONG, SERVER, TOKEN, House, eventually, leave_behind, open_house, running


def test_a_session_expires_and_can_be_closed(tmp_path: Path) -> None:
    clock = ManualClock()
    engine = Engine(str(tmp_path / "db"), "assay")
    door = open_door(engine, DoorListener(port=0), write_token=TOKEN, clock=clock)
    house = House(engine, door, tmp_path)
    try:
        house.ask("SET session_timezone = 'Asia/Tokyo'", session_id="a", session_timeout=30)
        house.write("CREATE TEMPORARY TABLE mine (a UInt8)", session_id="a", session_timeout=30)
        clock.advance(seconds=29)
        assert house.rows("SELECT timezone()", session_id="a", session_check=1) == [["Asia/Tokyo"]]
        assert house.ask("SELECT * FROM mine", token=TOKEN, session_id="a", session_check=1).status == 200
        clock.advance(seconds=31)
        assert house.ask("SELECT 1", session_id="a", session_check=1).code == 372
        assert house.ask("SELECT * FROM mine", token=TOKEN, session_id="a").code == 60
        house.ask("SELECT 1", session_id="b", close_session=1)
        assert house.ask("SELECT 1", session_id="b", session_check=1).code == 372
    finally:
        door.stop()
        engine.close()


def test_stop_ends_what_runs_and_then_nothing_uses_the_engine(tmp_path: Path) -> None:
    house = open_house(tmp_path)
    statements = [LONG, LONG, "SELECT number FROM numbers(1e12)"]
    callers = [leave_behind(house, statement) for statement in statements]
    # Those of a writer have no limit of time: only the door can end them.
    callers += [leave_behind(house, LONG, token=TOKEN), leave_behind(house, LONG, token=TOKEN, path="/?session_id=s")]
    eventually(lambda: len(running(house)) == 5, "five statements at once")
    house.door.stop(1)
    house.engine.close()
    again = Engine(str(tmp_path / "db"), "assay")
    connection = again.connection("", {})
    assert connection.query("SELECT count() FROM numbered", "TSV").bytes() == b"1000\n"
    connection.close()
    again.close()
    for caller in callers:
        caller.close()


def test_the_store_through_the_door_and_while_it_is_shut(tmp_path: Path) -> None:
    """Whoever writes through the door is told to try later while it is shut, and goes on when it opens again on its port."""
    house = open_house(tmp_path)
    port = house.door.port
    store = open_store(StoreSettings(dsn=f"http://assay:{TOKEN}@127.0.0.1:{port}/assay"))
    table = pa.table({"n": pa.array([5_000], pa.uint64()), "s": ["x"]})
    store.insert("numbered", table)
    assert store.rows("SELECT count() AS c FROM numbered WHERE n = 5000") == [{"c": 1}]
    assert store.health().max_parts > 0
    with pytest.raises(QueryError) as refused:
        store.rows("SELECT * FROM nowhere")
    assert refused.value.code == 60

    house.door.stop()
    with pytest.raises(StoreUnavailable):
        store.insert("numbered", table)
    with pytest.raises(StoreUnavailable):
        store.rows("SELECT 1")
    assert not store.ping()

    for _ in range(2):  # connections that were kept alive are stale after each opening
        again = open_door(house.engine, DoorListener(port=port), write_token=TOKEN, clock=SystemClock())
        eventually(store.ping, "the store is never found again")
        store.insert("numbered", table)
        again.stop()
    store.close()
    house.engine.close()


def test_an_engine_that_closes_under_a_writer_is_no_refusal(tmp_path: Path) -> None:
    """A door whose process is killed: the connection breaks, which means try later."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )  # fmt: skip
    assert server.stdout is not None
    port = int(server.stdout.readline())
    store = open_store(StoreSettings(dsn=f"http://assay:{TOKEN}@127.0.0.1:{port}/assay"))
    failed: list[Exception] = []

    def ask() -> None:
        try:
            store.rows(LONG)
        except (StoreUnavailable, QueryError) as error:
            failed.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    eventually(lambda: store.rows("SELECT count() AS c FROM system.processes")[0]["c"] > 1, "the statement never began")
    server.kill()
    thread.join()
    server.communicate()
    store.close()
    assert [type(error) for error in failed] == [StoreUnavailable]


def test_a_thread_that_asks_a_closed_store_does_not_open_the_folder_again(tmp_path: Path) -> None:
    """A watcher may be late; an engine that it opened would be nobody's, and no other folder could be opened any more."""
    store = open_store(StoreSettings(dsn=f"chdb://{tmp_path / 'first'}"))
    store.close()
    with ThreadPoolExecutor(1) as late:
        assert isinstance(late.submit(store.health).exception(60), StoreUnavailable)
    open_store(StoreSettings(dsn=f"chdb://{tmp_path / 'second'}")).close()
