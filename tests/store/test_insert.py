"""What an insert promises: all of a block or nothing, errors of ours, and twice the same row is one row for readers."""

import pyarrow as pa
import pytest

from assay.errors import QueryError
from tests.store.otlp import span

WHOLE = "SELECT (SELECT count() FROM spans_live) AS live, (SELECT count() FROM spans) AS rows, (SELECT sum(spans) FROM traces) AS spans"


def test_a_span_that_a_block_holds_twice_is_read_once(store, send):
    one = span(1, 10, tokens=(5, 7))
    send([one, span(1, 11, parent=10), one])
    said = store.rows(WHOLE)[0]
    assert said["live"] == said["spans"] == 2
    assert said["rows"] == 3, "the block was written as it is; readers and merges see to it"
    store.command("OPTIMIZE TABLE spans FINAL")
    assert store.rows(WHOLE)[0] == {"live": 2, "rows": 2, "spans": 2}


@pytest.mark.parametrize(
    ("table", "block", "code"),
    [
        ("no_such_table", {"name": ["a"]}, 60),
        ("progress", {"name": ["a"], "no_such_column": ["b"]}, 16),
        ("progress", {"name": ["a"], "watermark": ["no time"]}, 41),
    ],
)
def test_a_block_that_the_engine_refuses_is_an_error_of_ours_and_the_next_one_is_taken(store, table, block, code):
    with pytest.raises(QueryError) as refused:
        store.insert(table, pa.table(block))
    assert refused.value.code == code
    assert store.rows("SELECT count() AS n FROM progress") == [{"n": 0}]
    store.insert("progress", pa.table({"name": ["kept"], "watermark": pa.array([0], pa.timestamp("ms", tz="UTC"))}))
    written = store.rows("SELECT name, updated_at > now() - INTERVAL 1 HOUR AS fresh FROM progress")
    assert written == [{"name": "kept", "fresh": 1}], "a column that a block leaves out has its default"
