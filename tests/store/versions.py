"""Stores of earlier releases, as files: `python -m tests.store.versions` keeps the one of the program that runs it.

Run it once per release that has a new migration, with that release's sources (`PYTHONPATH=<checkout>/src`). It makes traffic,
settles and rolls up as that release did, and writes below `tests/store/versions/<last migration>/` the statements that make its tables
and views (`schema.json`), every table in ClickHouse's Native format (`<table>.native.zst`), and what its views answered
(`answers.json`). Files are never changed afterwards.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import zstandard

from assay.config.model import Config, Retention
from assay.config.model import Store as StoreSettings
from assay.errors import QueryError
from assay.store.migrate import migrate, scripts
from assay.store.store import Store, open_store

FOLDER = Path(__file__).with_name("versions")
FOR_EVER = Retention(bodies_days=36_500, spans_days=36_500, rollups_days=36_500)

# What must be answered alike by every later release. Times are absolute; floats are rounded, since their order of addition differs.
QUESTIONS = {
    "spans": "SELECT count() AS n, uniqExact(trace_id) AS traces, countIf(error_class != '') AS failed FROM spans_live",
    "generations": "SELECT model, count() AS n, sum(input_tokens) AS input, sum(output_tokens) AS output, round(sum(cost), 6) AS usd FROM generations GROUP BY model ORDER BY model",
    "traces": "SELECT count() AS n, round(sum(duration_ms), 2) AS ms FROM traces",
    "texts": "SELECT kind, count() AS n, sum(cityHash64(text)) AS checksum FROM texts GROUP BY kind ORDER BY kind",
    "messages": "SELECT count() AS n FROM messages",
    "tool_calls": "SELECT count() AS n FROM tool_calls",
    "retrieved_documents": "SELECT count() AS n, round(sum(score), 4) AS score FROM retrieved_documents",
    "raw_spans": "SELECT count() AS n, sum(cityHash64(attributes)) AS checksum FROM raw_spans",
    "evaluation_results": "SELECT count() AS n FROM evaluation_results",
    "rollup": "SELECT toString(toStartOfHour(bucket)) AS hour, sum(r.spans) AS n, sum(r.input_tokens) AS input, round(sum(r.cost_usd), 6) AS usd FROM rollup AS r WHERE cohort_key = '' GROUP BY hour ORDER BY hour",
}


def answers(store: Store) -> dict[str, Any]:
    """What the views say."""
    return {name: store.rows(sql) for name, sql in QUESTIONS.items()}


def restore(settings: StoreSettings, version: str) -> None:
    """Make the store of `version` in an empty place: its tables, rows and views."""
    store = open_store(settings)
    statements = json.loads((FOLDER / version / "schema.json").read_text(encoding="utf-8"))
    views = [sql for sql in statements if sql.startswith("CREATE VIEW")]
    for sql in statements:
        if sql not in views:
            store.command(sql)
    for file in sorted((FOLDER / version).glob("*.native.zst")):
        store._client().raw_insert(
            file.name.removesuffix(".native.zst"),
            insert_block=zstandard.decompress(file.read_bytes()),
            fmt="Native",
        )
    while views:
        left = [sql for sql in views if not _made(store, sql)]
        assert len(left) < len(views), left
        views = left
    store.close()


def _made(store: Store, sql: str) -> bool:
    """Views read views: one whose source is not there yet is tried again."""
    try:
        store.command(sql)
    except QueryError:
        return False
    return True


def capture(traces: int) -> Path:
    """Write the files of the program that is imported."""
    from assay.app.demo_traffic import requests
    from assay.clock import SystemClock
    from assay.otlp.decode import Decoder
    from assay.scorer.rollup import roll
    from assay.scorer.settle import settle
    from assay.store.parcel import parcel_of
    from assay.store.write import Writer

    target = FOLDER / scripts("migrations")[-1].name.removesuffix(".sql")
    target.mkdir(parents=True)
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        settings = StoreSettings(dsn=f"chdb://{folder}", retention=FOR_EVER)
        store = open_store(settings)
        migrate(store, settings)
        decoder, writer = Decoder(Config().mapping, ()), Writer(store, clock)
        made = requests(seed=11, traces=traces, until_ns=clock.now_ns())
        writer.write([parcel_of(decoder.traces(request, workspace="default")) for request in made])
        while settle(store, writer, decoder, quiet_seconds=0.01).behind_seconds > 0:
            pass
        roll(store, lag_seconds=0.01)
        tables = store.rows(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' "
            "AND name NOT IN ('settle_marks', 'wanted_bodies') AND total_rows > 0"
        )
        for row in tables:
            data = store.raw(f"SELECT * FROM {row['name']}", "Native")
            (target / f"{row['name']}.native.zst").write_bytes(zstandard.compress(data, 19))
        schema = store.rows(
            "SELECT create_table_query AS sql FROM system.tables WHERE database = currentDatabase() ORDER BY engine = 'View', name"
        )
        schema_text = json.dumps([row["sql"] for row in schema], indent=1)
        (target / "schema.json").write_text(schema_text + "\n", encoding="utf-8")
        text = json.dumps(answers(store), indent=1, default=float)
        (target / "answers.json").write_text(text + "\n", encoding="utf-8")
        store.close()
    return target


if __name__ == "__main__":
    sys.stdout.write(f"{capture(traces=60)}\n")
