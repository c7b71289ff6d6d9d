"""Brings the schema to what this program needs: in, a store and its settings; out, the version it stands at.

Migrations are `.sql` files, numbered, immutable once they have run (their checksum is kept), and resumable: every
statement may be run again, and a migration is recorded only after its last one, so a migrator that is killed half-way
is simply started again. Views are not history: each is replaced whenever its text, or that of anything that it may read, differs
from what was installed.

One text serves a single node and a cluster; these marks are filled in:

    @table(name, sharding key)   the table that holds the rows: `name`, or `name_local` and a Distributed table over it
    @local(name)                 the table that holds the rows, to alter it
    @engine(Engine, arguments)   the engine, or its Replicated form
    @on_cluster                  nothing, or ON CLUSTER '...'
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any, Protocol

from assay.config.model import Store as StoreSettings
from assay.errors import MigrationError


class Statements(Protocol):
    """What migrating needs of a store."""

    def command(self, sql: str, parameters: dict[str, Any] | None = None) -> None: ...

    def rows(self, sql: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Script:
    """One `.sql` file."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def scripts(folder: str) -> list[Script]:
    """The `.sql` files of a folder beside this module, by name."""
    root = resources.files("assay.store") / folder
    found = [Script(entry.name, entry.read_text()) for entry in root.iterdir() if entry.name.endswith(".sql")]
    return sorted(found, key=lambda script: script.name)


def view_marks() -> dict[str, str]:
    """What is recorded of each view, by its name there: a checksum of its text and of all that it may read, migrations and earlier views."""
    above = hashlib.sha256("".join(script.checksum for script in scripts("migrations")).encode())
    marks = {}
    for script in scripts("views"):
        above.update(script.text.encode())
        marks[f"view_{script.name}"] = above.hexdigest()
    return marks


def render(text: str, cluster: str) -> list[str]:
    """The statements of a script, for one node (`cluster` empty) or for a cluster."""
    on_cluster = f"ON CLUSTER '{cluster}'" if cluster else ""
    statements: list[str] = []
    for part in re.split(r";\s*(?:\n|$)", text):
        statement = "\n".join(line for line in part.split("\n") if not line.startswith("--")).strip()
        if not statement:
            continue
        table = re.search(r"@table\((\w+),\s*(.+?)\)\s*@on_cluster", statement)
        rendered = re.sub(
            r"@table\((\w+),\s*.+?\)\s*@on_cluster",
            lambda match: f"{match[1]}{'_local' if cluster else ''} {on_cluster}".rstrip(),
            statement,
        )
        rendered = re.sub(r"@local\((\w+)\)", r"\1_local" if cluster else r"\1", rendered)
        rendered = re.sub(r"@engine\((\w+)((?:,\s*\w+)*)\)", lambda match: _engine(match, cluster), rendered)
        statements.append(rendered.replace("@on_cluster", on_cluster))
        if cluster and table:
            name, key = table[1], table[2]
            statements.append(
                f"CREATE TABLE IF NOT EXISTS {name} {on_cluster} AS {name}_local "
                f"ENGINE = Distributed('{cluster}', currentDatabase(), {name}_local, {key})"
            )
    return statements


def _engine(match: re.Match[str], cluster: str) -> str:
    engine, arguments = match[1], match[2].lstrip(", ")
    if not cluster:
        return f"{engine}({arguments})"
    path = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'"
    return f"Replicated{engine}({path}{', ' + arguments if arguments else ''})"


RETENTION = (
    ("spans", "greatest(start_time, inserted_at)", "spans_days"),
    ("spans_raw", "greatest(start_time, inserted_at)", "bodies_days"),
    ("bodies", "greatest(toDateTime64(week, 3, 'UTC') + INTERVAL 7 DAY, inserted_at)", "bodies_days"),
    ("log_records", "greatest(time, inserted_at)", "bodies_days"),
    ("evaluations", "greatest(time, inserted_at)", "spans_days"),
    (
        "rollups",
        "greatest(toDateTime64(bucket, 9, 'UTC'), fromUnixTimestamp64Nano(toInt64(generation), 'UTC'))",
        "rollups_days",
    ),
    ("finding_rows", "greatest(start_time, inserted_at)", "findings_days"),
    ("finding_rows.evidence", "greatest(start_time, inserted_at)", "bodies_days"),
    ("trace_labels", "greatest(start_time, inserted_at)", "findings_days"),
    ("conversation_turns", "greatest(start_time, inserted_at)", "bodies_days"),
    ("asked_questions", "greatest(start_time, inserted_at)", "bodies_days"),
    ("verdict_rows", "greatest(start_time, inserted_at)", "findings_days"),
    ("verdict_rows.explanation", "greatest(start_time, inserted_at)", "bodies_days"),
    ("verdict_rows.quotations", "greatest(start_time, inserted_at)", "bodies_days"),
    ("replay_rows", "greatest(at, inserted_at)", "findings_days"),
    ("replay_rows.output", "greatest(at, inserted_at)", "bodies_days"),
    ("replay_rows.explanation", "greatest(at, inserted_at)", "bodies_days"),
    ("feedback_rows", "greatest(time, inserted_at)", "spans_days"),
    ("feedback_rows.comment", "greatest(time, inserted_at)", "bodies_days"),
    ("feedback_rows.correction", "greatest(time, inserted_at)", "bodies_days"),
)
"""Table (or column of a table), the expression that its rows age by, and the setting that says for how many days they are kept.

A row never ages from before it was stored: a span whose clock was clamped to 2020, or that arrives months late, would
otherwise be acknowledged and expire at once. The expressions are 64-bit times: a 32-bit DateTime ends in 2106, and a wild
clock plus a retention past it would wrap around."""


def migrate(store: Statements, settings: StoreSettings) -> list[str]:
    """Run what is missing; the names of what was run.

    Raises `MigrationError` when a migration that has run was changed since, or the store is newer than this program.
    """
    # A program whose user may not make tables starts on a schema that is up to date; `assay migrate` has another user.
    if not store.rows("EXISTS TABLE schema_scripts")[0]["result"]:
        on_cluster = f"ON CLUSTER '{settings.cluster}'" if settings.cluster else ""
        engine = _engine(re.match(r"(\w+)((?:,\s*\w+)*)", "ReplacingMergeTree, applied_at"), settings.cluster)  # type: ignore[arg-type]
        store.command(
            f"CREATE TABLE IF NOT EXISTS schema_scripts {on_cluster} (name String, checksum String, "
            f"applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = {engine} ORDER BY name"
        )
    applied = {row["name"]: row["checksum"] for row in store.rows("SELECT name, checksum FROM schema_scripts FINAL")}
    return [
        *_migrations(store, settings, applied),
        *_retention(store, settings, applied),
        *_views(store, settings, applied),
    ]


def _migrations(store: Statements, settings: StoreSettings, applied: dict[str, str]) -> Iterable[str]:
    known = scripts("migrations")
    newer = {name for name in applied if re.match(r"\d{4}_", name)} - {script.name for script in known}
    if newer:
        raise MigrationError(
            f"The store has migrations that this program does not know ({', '.join(sorted(newer))}): "
            "it was migrated by a newer Assay. Upgrade this one, or restore a backup from before the upgrade."
        )
    for script in known:
        if script.name in applied:
            if applied[script.name] != script.checksum:
                raise MigrationError(
                    f"Migration {script.name} was changed after it ran here. Migrations are immutable: "
                    "install the release that this store was migrated with, and add a new migration instead."
                )
            continue
        for statement in render(script.text, settings.cluster):
            store.command(statement)
        _record(store, script.name, script.checksum)
        yield script.name


def _retention(store: Statements, settings: StoreSettings, applied: dict[str, str]) -> Iterable[str]:
    on_cluster = f"ON CLUSTER '{settings.cluster}'" if settings.cluster else ""
    suffix = "_local" if settings.cluster else ""
    for table, age, setting in RETENTION:
        days = getattr(settings.retention, setting)
        script = Script(f"retention_{table}", f"{age} + INTERVAL {days} DAY")
        if applied.get(script.name) == script.checksum:
            continue
        name, _, column = table.partition(".")
        part = f"MODIFY COLUMN {column} String TTL" if column else "MODIFY TTL"
        store.command(
            f"ALTER TABLE {name}{suffix} {on_cluster} {part} {script.text} SETTINGS materialize_ttl_after_modify = 0"
        )
        _record(store, script.name, script.checksum)
        yield script.name


def _views(store: Statements, settings: StoreSettings, applied: dict[str, str]) -> Iterable[str]:
    on_cluster = f"ON CLUSTER '{settings.cluster}'" if settings.cluster else ""
    for script, (name, mark) in zip(scripts("views"), view_marks().items(), strict=True):
        if applied.get(name) == mark:
            continue
        for statement in render(script.text, settings.cluster):
            store.command(
                statement.replace("CREATE OR REPLACE VIEW @on_cluster", f"CREATE OR REPLACE VIEW {on_cluster}")
            )
        _record(store, name, mark)
        yield name


def _record(store: Statements, name: str, checksum: str) -> None:
    store.command(
        "INSERT INTO schema_scripts (name, checksum) VALUES ({name:String}, {checksum:String})",
        {"name": name, "checksum": checksum},
    )
