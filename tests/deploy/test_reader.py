"""What Grafana's data source gets as a reader at the door: every panel (tests/deploy/test_panels.py), and nothing else."""

import gzip
import json

import pytest

from assay.dashboards.panel import statement
from tests.contract.door_kit import ask
from tests.deploy.conftest import House, read
from tests.deploy.plugin import Range, Value, expand
from tests.deploy.seeded import OTHER, READER
from tests.deploy.test_panels import SOURCES

OF_THE_STORE = {"alerts/lag", "assay/lag", "assay/storage", "variables/workspace"}
"""They say how the store as a whole is doing, or which workspaces there are."""

# Written as a panel's SQL may be: anybody who can edit a query in Grafana's Explore can send these.
FORBIDDEN = {
    "write": "INSERT INTO spans (workspace) VALUES ('default')",
    "change": "ALTER TABLE spans DELETE WHERE 1",
    "drop": "DROP VIEW rollup",
    "create": "CREATE VIEW mine AS SELECT 1",
    "truncate": "TRUNCATE TABLE bodies",
    "file": "SELECT * FROM file('{folder}/secret', 'RawBLOB')",
    "file as a scalar": "SELECT file('{folder}/secret')",
    "url": "SELECT * FROM url('http://127.0.0.1:{port}/?query=SELECT+1', 'RawBLOB')",
    "other host": "SELECT * FROM remote('127.0.0.1:9000', 'system', 'one')",
    "program": "SELECT * FROM executable('id', 'TSV', 'x String')",
    "file out": "SELECT 1 INTO OUTFILE '{folder}/out'",
    "more time": "SELECT 1 SETTINGS max_execution_time = 100000",
    "writing again": "SELECT 1 SETTINGS readonly = 0",
    "a filter that hides a file": "SELECT count() FROM rollup SETTINGS additional_table_filters = {{'rollup': 'service = file(\\'{folder}/secret\\')'}}",
    "two statements": "SELECT 1; SELECT 2",
}  # fmt: skip


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_reader_is_refused(name: str, house: House) -> None:
    (house.folder / "secret").write_text("top secret")
    answer = house.ask(FORBIDDEN[name].format(folder=house.folder, port=house.port), database="assay")
    assert answer.status != 200, answer.text
    assert answer.code
    assert "top secret" not in answer.text
    assert not (house.folder / "out").exists()


def test_a_reader_changed_nothing(house: House) -> None:
    before = read(house, "SELECT sum(rows) FROM storage WHERE table IN ('spans', 'bodies')").rows
    for sql in FORBIDDEN.values():
        house.ask(sql.format(folder=house.folder, port=house.port))
    assert read(house, "SELECT sum(rows) FROM storage WHERE table IN ('spans', 'bodies')").rows == before


def apart(house: House, source: str, window: Range, variables: dict[str, Value]) -> object:
    """What a reader of the other workspace gets."""
    sql = expand(statement(source).text, window, variables)
    answer = ask(house.apart, sql, token=READER, default_format="JSONCompact")
    assert answer.status == 200, answer.text
    return sorted(json.loads(answer.body)["data"], key=json.dumps)


@pytest.mark.parametrize("source", [one for one in SOURCES if one not in OF_THE_STORE])
def test_a_reader_of_another_workspace_gets_what_nobody_gets(
    source: str, house: House, window: Range, chosen: dict[str, Value]
) -> None:
    """Every statement about the workspace `default`, asked by a reader of another one."""
    got = apart(house, source, window, {**chosen, "workspace": "default"})
    assert got == apart(house, source, window, {**chosen, "workspace": "nobody"})


def test_the_own_workspace_is_there(house: House, window: Range, chosen: dict[str, Value]) -> None:
    answer = ask(
        house.apart,
        "SELECT workspace, count() > 20 FROM spans_live GROUP BY 1",
        token=READER,
        default_format="JSONCompact",
    )
    assert json.loads(answer.body)["data"] == [[OTHER, 1]]
    assert ask(house.apart, "SELECT 1").code == 516
    assert apart(house, "variables/workspace", window, chosen) == [[OTHER]]


def test_limits_hold_for_a_panel(house: House, window: Range, chosen: dict[str, Value]) -> None:
    sql = expand(statement("traces/list").text, window, chosen)
    assert house.ask(sql, default_format="JSONCompact", max_result_rows=5).code == 396
    assert house.ask(sql, default_format="JSONCompact", max_rows_to_read=5).code == 158


def test_the_data_sources_own_client_settings_are_taken(house: House, window: Range, chosen: dict[str, Value]) -> None:
    """The plugin's driver sends a time limit, a compression and a format with every statement."""
    sql = expand(statement("scorecard/services").text, window, chosen)
    answer = house.ask(
        sql, headers={"Accept-Encoding": "gzip"}, default_format="Native", max_execution_time=30, enable_http_compression=1
    )  # fmt: skip
    assert answer.status == 200, answer.text
    body = gzip.decompress(answer.body) if answer.headers.get("content-encoding") == "gzip" else answer.body
    assert b"support-assistant" in body
