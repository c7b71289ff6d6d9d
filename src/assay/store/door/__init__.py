"""The door: the ClickHouse HTTP protocol over the embedded engine, on loopback.

One process owns the embedded engine; through the door the scorer, Grafana's ClickHouse data source, clickhouse-connect,
clickhouse-go, JDBC and curl use an ordinary DSN. Callers without the token read only: on a connection of their own, with
`readonly = 1` and limits that the engine enforces, from settings on a list; what `readonly` does not stop (the scalar function
`file`, `INTO OUTFILE`, `KILL`) is refused before it reaches the engine. A caller with the token may do everything.

`statement.py` cuts and judges statements, `access.py` knows settings and sessions, `run.py` runs a statement, `native.py` writes
its blocks for clients of later protocol revisions, `frames.py` and `squeeze.py` compress, `serve.py` is HTTP in the words of
`http_words.py`.
"""

from assay.store.door.serve import Door, open_door

__all__ = ["Door", "open_door"]
