"""The schema: what the columns say is what the store has, once, and in any order of accidents."""

import re

import pytest

from assay.config.model import Retention
from assay.errors import MigrationError, StoreUnavailable
from assay.spans.columns import CLICKHOUSE_TYPES, COLUMNS
from assay.store import migrate as migrating
from assay.store.migrate import migrate, render, scripts
from assay.store.store import open_store


def test_the_spans_table_has_exactly_the_canonical_columns(store):
    rows = store.rows(
        "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = 'spans' ORDER BY position"
    )
    declared = [(column.name, CLICKHOUSE_TYPES.get(column.type, column.type)) for column in COLUMNS]
    assert [(row["name"], row["type"]) for row in rows] == [*declared, ("inserted_at", "DateTime64(3, 'UTC')")]


def test_migrating_again_runs_nothing(store, settings):
    assert migrate(store, settings) == []


class Killed(Exception):
    """A migrator is gone."""


class DiesAfter:
    """A store whose migrator is gone after so many statements with these words."""

    def __init__(self, store, statements, words=""):
        self.store, self.left, self.words = store, statements, words

    def command(self, sql, parameters=None):
        if self.words in sql:
            if self.left == 0:
                raise Killed
            self.left -= 1
        self.store.command(sql, parameters)

    def rows(self, sql, parameters=None):
        return self.store.rows(sql, parameters)


def test_a_migration_that_was_killed_half_way_is_run_again(settings):
    store = open_store(settings)
    kills = 0
    for survived in range(0, 500, 3):
        try:
            migrate(DiesAfter(store, survived), settings)
        except Killed:
            kills += 1
        else:
            break
    assert kills > 5
    assert migrate(store, settings) == []
    assert store.rows("SELECT count() AS n FROM spans_live") == [{"n": 0}]
    store.close()


def test_views_follow_what_they_read_also_after_a_kill_between_them(store, settings, monkeypatch):
    """`generations` selects all columns of `spans_live`, whatever they were when it was made."""
    real = migrating.scripts

    def later(folder):
        if folder == "migrations":
            added = migrating.Script("9000_later.sql", "ALTER TABLE spans ADD COLUMN IF NOT EXISTS later UInt8")
            return [*real(folder), added]
        return real(folder)

    monkeypatch.setattr(migrating, "scripts", later)
    for survived in (0, 1):
        with pytest.raises(Killed):
            migrate(DiesAfter(store, survived, "CREATE OR REPLACE VIEW"), settings)
    assert "view_030_generations.sql" in migrate(store, settings)
    assert store.rows("SELECT later FROM generations") == []
    assert migrate(store, settings) == []


def test_a_changed_migration_is_refused(store, settings, monkeypatch):
    real = migrating.scripts
    monkeypatch.setattr(
        migrating, "scripts",
        lambda folder: [migrating.Script(s.name, s.text + "\n-- edited") for s in real(folder)] if folder == "migrations" else real(folder),
    )  # fmt: skip
    with pytest.raises(MigrationError, match="immutable"):
        migrate(store, settings)


def test_a_store_of_a_newer_program_is_refused(store, settings):
    store.command("INSERT INTO schema_scripts (name, checksum) VALUES ('9999_future.sql', 'x')")
    with pytest.raises(MigrationError, match="newer Assay"):
        migrate(store, settings)


def test_retention_follows_the_settings(store, settings):
    shorter = settings.model_copy(update={"retention": Retention(bodies_days=3, spans_days=5, rollups_days=7)})
    assert {"retention_bodies", "retention_spans", "retention_rollups"} <= set(migrate(store, shorter))
    text = store.rows(
        "SELECT create_table_query AS q FROM system.tables WHERE database = currentDatabase() AND name = 'spans'"
    )[0]["q"]
    assert "toIntervalDay(5)" in text


def test_every_view_answers_on_an_empty_store(store):
    views = store.rows("SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View'")
    assert len(views) >= 15
    for view in views:
        asked = "rollup_between(since = now(), until = now())" if view["name"] == "rollup_between" else view["name"]
        rows = store.rows(f"SELECT * FROM {asked} LIMIT 1")
        # These are about the store itself, and about the taxonomy.
        assert rows == [] or view["name"] in {"upkeep", "storage", "dimensions"}


def test_a_cluster_gets_replicated_tables_behind_distributed_ones():
    statements = render(scripts("migrations")[0].text, "prod")
    created = [statement for statement in statements if statement.startswith("CREATE TABLE")]
    local = [statement for statement in created if "_local ON CLUSTER 'prod'\n" in statement]
    assert local
    assert all("ENGINE = Replicated" in statement for statement in local)
    assert len(created) == 2 * len(local)
    assert not [statement for statement in statements if re.search(r"@\w", statement)]


def test_a_server_that_is_not_there_is_unavailable(settings):
    with pytest.raises(StoreUnavailable):
        open_store(settings.model_copy(update={"dsn": "http://127.0.0.1:1/assay"}))
