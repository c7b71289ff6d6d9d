"""One engine with five weeks of the demo's traffic behind its door, for all tests of this folder: they only read."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.contract.door_kit import Answer, ask
from tests.deploy.plugin import Range, Value


class Rows(NamedTuple):
    """An answer: columns with ClickHouse's types, and rows."""

    types: dict[str, str]
    rows: list[list[object]]


class House(NamedTuple):
    """The port of a door, and the folder that nobody may read through it; another door keeps readers to a workspace."""

    port: int
    folder: Path
    apart: int

    def ask(self, statement: str, **options: Any) -> Answer:
        """One request of a reader; options as of `door_kit.ask`."""
        return ask(self.port, statement, **options)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """`tests.deploy.seeded` in a process of its own."""
    folder = tmp_path_factory.mktemp("grafana")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.deploy.seeded", str(folder)],
        cwd=Path(__file__).resolve().parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as owner:  # fmt: skip
        assert owner.stdin
        assert owner.stdout
        ports = owner.stdout.readline().split()
        assert ports, "it ended before its doors were open; what it printed is above"
        yield House(int(ports[0]), folder, int(ports[1]))
        owner.stdin.close()
        assert owner.wait(60) == 0


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
