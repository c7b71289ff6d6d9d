"""The embedded engine: one folder a process, as many connections as wanted.

chDB is ClickHouse in the process. The engine releases the interpreter lock, a connection takes 0.2 ms to open and carries its
own settings and current database. A second process that opens the folder fails.
"""

import json
import os
import re
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.errors import ConfigError, StoreOwned

if TYPE_CHECKING:
    import chdb.state.sqlitelike

    Connection = chdb.state.sqlitelike.Connection
else:
    Connection = Any


def embedded() -> Any:
    """The engine's module. Raises `ConfigError` in an installation without it: the server image leaves its 500 MB out."""
    try:
        import chdb.state.sqlitelike as chdb  # noqa: PLC0415 - only where it is needed, and it may not be there
    except ImportError as cause:
        raise ConfigError(
            "store.dsn: this installation has no embedded engine. Name a ClickHouse server "
            "(http(s)://user:password@host:8123/database), or install the package chdb."
        ) from cause
    return chdb


def claim(path: str) -> None:
    """Make a folder and see that no other process has the engine open in it, which would print a line of its own on finding that out.

    Raises `StoreOwned`, and `ConfigError` for a folder that cannot be used.
    """
    import fcntl  # noqa: PLC0415 - Windows has neither it nor the engine

    status = Path(path) / "status"
    try:
        status.parent.mkdir(parents=True, exist_ok=True)
        if not status.exists():
            return
        with status.open(encoding="utf-8") as file:
            try:
                # The engine holds this lock while it runs: https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/StatusFile.cpp
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError as cause:
                owner = re.match(r"PID: (\d+)", file.read())
                if owner and int(owner[1]) == os.getpid():
                    return
                who = f"Process {owner[1]}" if owner else "Another process"
                raise StoreOwned(f"{who} owns chdb://{path}: use its door, or stop it.") from cause
    except OSError as cause:
        raise ConfigError(f"store.dsn: the folder {path} cannot be used: {cause.strerror or cause}.") from cause


class Engine:
    """The engine of one folder; holds it open until `close`."""

    def __init__(self, path: str, database: str) -> None:
        """Raises `StoreOwned` where another process owns the folder, `ConfigError` where it cannot be used."""
        self.path = path
        self.database = database
        self._chdb = embedded()
        claim(path)
        try:
            self._keeper = self._chdb.connect(path)
        except RuntimeError as cause:
            raise StoreOwned(f"Another process owns chdb://{path}: use its door, or stop it. ({cause})") from cause
        self._keeper.query(f"CREATE DATABASE IF NOT EXISTS {database} ENGINE = Atomic")

    def connection(self, database: str, settings: Mapping[str, str | int | float]) -> Connection:
        """A connection of its own. `settings` are set in order, so `readonly` goes last. Raises RuntimeError."""
        opened: Connection = self._chdb.connect(self.path)
        try:
            opened.query(f"USE {quoted(database or self.database)}")
            if settings:
                opened.query("SET " + ", ".join(f"{name} = {literal(value)}" for name, value in settings.items()))
        except BaseException:
            opened.close()
            raise
        return opened

    def functions_stopped_by_readonly(self) -> frozenset[str]:
        """Table functions that `readonly = 1` stops, in lower case."""
        answer = self._keeper.query("SELECT lower(name) FROM system.table_functions WHERE NOT allow_readonly", "TSVRaw")
        return frozenset(answer.bytes().decode().split())

    def tables(self) -> dict[str, bool]:
        """Every table (no view) outside of the engine's own databases as `database.table`, and whether it has a column `workspace`."""
        answer = self._keeper.query(
            "SELECT concat(database, '.', name), (database, name) IN (SELECT database, table FROM system.columns WHERE name = 'workspace') "
            "FROM system.tables WHERE lower(database) NOT IN ('system', 'information_schema') AND engine NOT LIKE '%View'",
            "JSONCompactEachRow",
        )
        return {name: bool(has) for name, has in map(json.loads, answer.bytes().decode().splitlines())}

    def system_tables(self) -> frozenset[str]:
        """Tables about the engine itself."""
        answer = self._keeper.query("SELECT name FROM system.tables WHERE database = 'system'", "TSVRaw")
        return frozenset(answer.bytes().decode().split())

    def kill(self, mark: str) -> None:
        """Ask every statement on connections whose setting `log_comment` begins with `mark` to end; returns before it has."""
        with closing(self._chdb.connect(self.path)) as connection:
            connection.query(f"KILL QUERY WHERE startsWith(Settings['log_comment'], {literal(mark)}) ASYNC")

    def close(self) -> None:
        """Let the folder go."""
        self._keeper.close()


def quoted(name: str) -> str:
    """An identifier, quoted."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def literal(value: str | float) -> str:
    """A setting's value as a literal."""
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return str(value)
