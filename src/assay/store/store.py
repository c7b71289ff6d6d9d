"""One store, two engines: clickhouse-connect speaks to both, the DSN decides which.

Five verbs: `commit` writes a group, `rows` / `arrow` ask a named or given statement, `command` runs one without an
answer, `health` says how the shelves are. Every method may be called from any thread; each thread has its own
connection, so that reads run beside inserts.
"""

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, TypeVar

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

from assay.config.model import Store as StoreSettings
from assay.errors import QueryError, StoreOwned, StoreUnavailable
from assay.store.dsn import Dsn, parse_dsn
from assay.store.engine import Connection, claim, embedded, literal, quoted
from assay.store.owner import door_of
from assay.store.parcel import stream_of

Opened = TypeVar("Opened", Client, Connection)

CONNECT_TIMEOUT_SECONDS = 3
ANSWER_TIMEOUT_SECONDS = 120
INSERT_TIMEOUT_SECONDS = 20
"""Shorter than the overlap with which settling and rollups look back, so that no late commit escapes them."""

INSERT_SETTINGS: dict[str, int | str] = {
    # Grouping is ours; the answer must mean that the rows are stored: https://clickhouse.com/docs/optimize/asynchronous-inserts
    "async_insert": 0,
    # A client with a wild clock must not fail the batch of its neighbours.
    "max_partitions_per_insert_block": 0,
    # Fresh parts are small enough to be searched without the index; merges build it once instead of twice.
    "exclude_materialize_skip_indexes_on_insert": "text_tokens",
    # Rows that are sent twice are one row for readers (FINAL) and after merges; looking for them in each insert, row by row over a
    # hundred columns, costs as much as writing the rows: https://clickhouse.com/docs/operations/settings/settings#optimize_on_insert
    "optimize_on_insert": 0,
    # Blocks leave out whole columns, never single cells, so that no row has to be looked at for defaults.
    "input_format_defaults_for_omitted_fields": 0,
    # A few thousand rows are not worth handing between threads.
    "max_threads": 1,
    "max_insert_threads": 1,
    "max_execution_time": INSERT_TIMEOUT_SECONDS,
}

# Server errors that say "not now": time-outs, too many parts or queries, memory, Keeper and network trouble.
# https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
TRANSIENT_CODES = {3, 95, 159, 198, 202, 209, 210, 225, 241, 242, 243, 252, 279, 285, 319, 425, 439, 999, 1000}

_CODE = re.compile(r"\bCode: (\d+)\b")
_AROUND = re.compile(r"^Received ClickHouse exception, code: \d+, server response: | \(for url \S+\)$")
"""What the client writes around the server's own words."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the shelves are: the most active parts that any table has in one partition, how many parts over one a partition
    there are in all, and bytes on disk."""

    max_parts: int
    merge_lag_parts: int
    bytes_on_disk: int


class Store:
    """A connected store. Make one with `open_store`."""

    def __init__(self, dsn: Dsn, settings: StoreSettings) -> None:
        self.dsn = dsn
        self.settings = settings
        self._local = threading.local()
        self._clients: list[Client | Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    def command(
        self, sql: str, parameters: Mapping[str, Any] | None = None, *, settings: Mapping[str, Any] | None = None
    ) -> None:
        """Run a statement that has no answer. Raises `QueryError` or `StoreUnavailable`."""
        with _translated(self.dsn):
            self._client().command(sql, parameters=dict(parameters or {}), settings=dict(settings or {}))

    def rows(
        self, sql: str, parameters: Mapping[str, Any] | None = None, *, settings: Mapping[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Rows of a statement as dicts by column name. Raises `QueryError` or `StoreUnavailable`."""
        with _translated(self.dsn):
            result = self._client().query(
                sql,
                parameters=dict(parameters or {}),
                settings=dict(settings or {}),
                column_formats={},
            )
            return list(result.named_results())

    def arrow(
        self, sql: str, parameters: Mapping[str, Any] | None = None, *, settings: Mapping[str, Any] | None = None
    ) -> pa.Table:
        """The answer of a statement as an Arrow table; strings are plain, not dictionaries."""
        with _translated(self.dsn):
            return self._client().query_arrow(
                sql,
                parameters=dict(parameters or {}),
                settings={
                    "output_format_arrow_string_as_string": 1,
                    "output_format_arrow_low_cardinality_as_dictionary": 0,
                    **(settings or {}),
                },
            )

    def raw(self, sql: str, format_name: str) -> bytes:
        """The answer of a statement in a ClickHouse format, as it is. Raises `QueryError` or `StoreUnavailable`."""
        with _translated(self.dsn):
            return self._client().raw_query(sql, fmt=format_name)

    def insert(self, table: str, data: pa.Table) -> None:
        """Insert an Arrow table by column name; columns that are not in it get their defaults."""
        block = stream_of(data).to_pybytes()
        if self.dsn.embedded:
            with _translated(self.dsn):
                self._insert_embedded(table, data.column_names, block)
            return
        with _translated(self.dsn):
            self._client().raw_insert(
                table,
                column_names=data.column_names,
                insert_block=block,
                fmt="ArrowStream",
                settings=INSERT_SETTINGS,
            )

    def _insert_embedded(self, table: str, columns: Sequence[str], block: bytes) -> None:
        """The client would write the block to a temporary file for the engine to read, which costs as much as small inserts do."""
        connection = getattr(self._local, "inserts", None)
        if connection is None:
            connection = self._kept(embedded().connect(self.dsn.path))
            connection.query(f"USE {quoted(self.dsn.database)}")
            connection.query(
                "SET " + ", ".join(f"{name} = {literal(value)}" for name, value in INSERT_SETTINGS.items())
            )
            self._local.inserts = connection
        names = ", ".join(map(quoted, columns))
        with connection.send_insert(f"INSERT INTO {quoted(table)} ({names})", "ArrowStream") as stream:
            stream.append(block)
            stream.finish()

    def health(self) -> Health:
        """Parts and bytes. Raises `StoreUnavailable` when the store does not answer."""
        row = self.rows(query("health"))[0]
        return Health(int(row["max_parts"]), int(row["merge_lag_parts"]), int(row["bytes_on_disk"]))

    def ping(self) -> bool:
        """Whether the store answers now."""
        try:
            self.rows("SELECT 1 AS one")
        except (QueryError, StoreUnavailable):
            return False
        return True

    def close(self) -> None:
        """Close every connection; a thread that still asks opens none again, which would hold the engine's folder."""
        with self._lock:
            self._closed = True
            clients, self._clients = self._clients, []
        for client in clients:
            client.close()

    def _client(self) -> Client:
        client: Client | None = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = self._kept(connect(self.dsn))
        return client

    def _kept(self, opened: Opened) -> Opened:
        """A new connection, to be closed with the others. Raises `StoreUnavailable` where they are closed already."""
        with self._lock:
            if not self._closed:
                self._clients.append(opened)
                return opened
        opened.close()
        raise StoreUnavailable(f"The store at {self.dsn} was closed here.")


def connect(dsn: Dsn) -> Client:
    """A clickhouse-connect client of one thread."""
    if dsn.embedded:
        client = clickhouse_connect.get_client(interface="chdb", path=dsn.path)
        client.command(f"CREATE DATABASE IF NOT EXISTS {dsn.database} ENGINE = Atomic")
        client.command(f"USE {dsn.database}")
        return client
    return clickhouse_connect.get_client(
        host=dsn.host,
        port=dsn.port,
        secure=dsn.secure,
        username=dsn.user or None,
        password=dsn.password,
        database=dsn.database,
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        send_receive_timeout=ANSWER_TIMEOUT_SECONDS,
        query_retries=0,
        autogenerate_session_id=False,
        compress=False,
        settings=dsn.settings,
    )


def open_store(settings: StoreSettings) -> Store:
    """Open the store of the settings and see that it answers.

    Raises `ConfigError` for a DSN or a folder that cannot be used, `StoreUnavailable` when the store does not answer and
    `StoreOwned` when another process owns the folder of the embedded engine.
    """
    dsn = parse_dsn(settings)
    if dsn.embedded:
        embedded()
        claim(dsn.path)
    store = Store(dsn, settings)
    store.rows("SELECT 1 AS one")
    return store


@cache
def query(name: str) -> str:
    """The statement in `queries/<name>.sql`."""
    return (resources.files("assay.store") / "queries" / f"{name}.sql").read_text()


def queries() -> Iterable[str]:
    """Names of all statements."""
    folder = resources.files("assay.store") / "queries"
    return sorted(entry.name.removesuffix(".sql") for entry in folder.iterdir() if entry.name.endswith(".sql"))


class _translated:  # noqa: N801 - reads as a word at the call site
    """Turns the client's errors into ours, at one place."""

    def __init__(self, dsn: Dsn) -> None:
        self.dsn = dsn

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        if self.dsn.embedded and "Error initializing EmbeddedServer" in str(error):
            door = door_of(self.dsn)
            where = f"use its door, {door['url']}," if door else "use that process"
            raise StoreOwned(f"Another process owns {self.dsn}: {where} or stop it.") from error
        said = _CODE.search(str(error)) if isinstance(error, RuntimeError) else None  # the engine itself
        code = int(said[1]) if said else int(getattr(error, "code", 0) or 0)
        if (said or isinstance(error, DatabaseError)) and code and code not in TRANSIENT_CODES:
            raise QueryError(_AROUND.sub("", str(error).split("\n", maxsplit=1)[0]), code=code) from error
        if isinstance(error, (ClickHouseError, OSError, pa.ArrowException, RuntimeError)):
            raise StoreUnavailable(f"The store at {self.dsn} does not take this now: {error}") from error
