"""The shelves: SQL lives here and nowhere else.

In: batches of canonical spans, log records and texts (`Store.commit`), named questions (`queries/*.sql`). Out: rows.
Promise: when `commit` returns, its rows are in the store; when it raises `StoreUnavailable`, the sender must send again,
and sending again changes no number. `migrations/` is history and never edited; `views/` is what others may read.
Nothing above this package knows whether the engine is embedded (chDB) or a ClickHouse server: the DSN decides.
"""
