"""What an erasure leaves: no row of what was erased in any table that names traces, and every row of others."""

import pytest

from assay.clock import ManualClock
from assay.scorer.erase import TABLES, erase
from assay.spans.columns import COLUMNS
from assay.store.store import query
from tests.store.otlp import span

OURS, OTHERS = f"{1:032x}", f"{2:032x}"
NAMING = """
SELECT t.name AS name, groupArray(c.name) AS columns
FROM system.tables AS t INNER JOIN system.columns AS c ON c.database = t.database AND c.table = t.name
WHERE t.database = currentDatabase() AND t.engine NOT LIKE '%View' AND c.name IN ('workspace', 'trace_id', 'dimension', 'labeller', 'source')
GROUP BY name HAVING has(columns, 'workspace') AND has(columns, 'trace_id') ORDER BY name
"""
NOTES = {"settle_marks"}
"""What a round of settling writes down for itself; rows go within days."""


def naming(store):
    return [row["name"] for row in store.rows(NAMING) if row["name"] not in NOTES]


def traces_in(store, table):
    return {row["trace_id"] for row in store.rows(f"SELECT DISTINCT trace_id FROM {table}")} - {""}


@pytest.mark.parametrize(("by", "value"), [("trace", OURS), ("user", "ann"), ("conversation", "c-1")])
def test_no_table_keeps_a_row_of_what_was_erased(store, send, by, value):
    send([span(1, 1, tokens=(3, 1), user__id="ann", gen_ai__conversation__id="c-1")])
    send([span(2, 1, tokens=(5, 1), user__id="bob", gen_ai__conversation__id="c-2")])
    tables = naming(store)
    for table in tables:
        if not traces_in(store, table):
            # One by one: rows without a key of their own would replace each other within a block.
            for trace in (OURS, OTHERS):
                store.command(
                    f"INSERT INTO {table} (workspace, trace_id) VALUES ('default', {{t:String}})", {"t": trace}
                )
        assert traces_in(store, table) == {OURS, OTHERS}
    list(erase(store, ManualClock(), workspace="default", by=by, value=value))
    assert {table: traces_in(store, table) for table in tables} == {table: {OTHERS} for table in tables}
    assert set(TABLES) == set(tables)


def test_an_erasure_in_one_workspace_takes_nothing_of_another(store, send):
    for workspace in ("blue", "red"):
        send([span(1, 1, tokens=(3, 1), user__id="ann", input__value="of both " * 200)], workspace=workspace)
    list(erase(store, ManualClock(), workspace="blue", by="user", value="ann"))
    assert store.rows("SELECT DISTINCT workspace FROM spans") == [{"workspace": "red"}]
    assert store.rows("SELECT DISTINCT workspace FROM bodies") == [{"workspace": "red"}]


def test_texts_are_kept_for_every_column_that_refers_to_them():
    kept = query("erase_bodies")
    assert [one.name for one in COLUMNS if "Body" in one.type and one.name not in kept] == []


def test_an_erasure_says_how_many_texts_went(store, send):
    send([span(1, 1, tokens=(3, 1), user__id="ann", input__value="only ann's " * 200)])
    steps = {one.step: one.rows for one in erase(store, ManualClock(), workspace="default", by="user", value="ann")}
    assert steps["texts that nothing refers to any more"] > 0
    assert store.rows("SELECT count() AS n FROM bodies") == [{"n": 0}]
