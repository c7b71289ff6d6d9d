"""What Grafana's data source gets as a reader at the door: every panel (tests/deploy/test_panels.py), and nothing else."""

import gzip

import pytest

from assay.dashboards.panel import statement
from tests.deploy.conftest import House, read
from tests.deploy.plugin import Range, Value, expand

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
