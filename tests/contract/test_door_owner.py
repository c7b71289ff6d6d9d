"""Our own commands beside a process that owns the folder."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.app.run import running
from assay.clock import SystemClock
from assay.config.model import Config
from assay.otlp.decode import Decoder
from assay.simulate.traffic import demo
from assay.store.parcel import parcel_of
from assay.store.store import open_store
from assay.store.write import Writer
from tests.contract.door_kit import beside


@pytest.fixture(scope="module")
def owned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """A folder with the demo's traffic in it that this process owns, and answers for at its door."""
    folder = tmp_path_factory.mktemp("owned")
    off = {"enabled": False}
    config = Config.model_validate(
        {"store": {"dsn": f"chdb://{folder}"}, "door": {"port": 0}, "receiver": {"grpc": off, "http": off}}
    )
    clock = SystemClock()
    with running(config, clock=clock, receive=False, settle=False):
        store = open_store(config.store)
        decoder = Decoder(config.mapping, ())
        made = demo(seed=7, traces=40, until_ns=clock.now_ns())
        Writer(store, clock).write([parcel_of(decoder.traces(request, workspace="default")) for request in made])
        yield config
        store.close()


@pytest.mark.parametrize(
    "command",
    ["find", "top", "quality", "failures", "doctor", "label --queue todo.csv --count 1", "migrate", "remap --since 1h"],
)
def test_every_command_works_beside_the_process_that_owns_the_folder(
    owned: Config, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a reader's door refuses (code 164), or an engine that is opened twice (76), would be in what they complain about."""
    monkeypatch.chdir(tmp_path)
    done = beside(owned, *command.split(), "--json")
    assert done.returncode in {0, 1}, done.stderr
    assert "Code:" not in done.stdout + done.stderr
    if not done.returncode:
        json.loads(done.stdout)


def test_one_trace_and_a_refusal_beside_the_process_that_owns_the_folder(owned: Config) -> None:
    trace_id = json.loads(beside(owned, "find", "--limit", "1", "--json").stdout)[0]["trace_id"]
    shown = beside(owned, "trace", trace_id, "--json")
    assert (json.loads(shown.stdout)["trace_id"], shown.stderr) == (trace_id, "")
    refused = beside(owned, "query", "DROP TABLE spans")
    assert refused.returncode == 2, "a refusal is no reason to try later"
    assert "without the write token" in refused.stderr


def test_a_second_process_is_told_who_owns_the_folder(owned: Config) -> None:
    second = beside(owned, "receive")
    assert second.returncode == 2
    assert second.stderr.startswith(f"assay: Process {os.getpid()} owns chdb://"), second.stderr
