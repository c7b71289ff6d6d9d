"""The store contract, item by item, against the store of a configuration: what `assay doctor --store` runs.

In: settings of a store whose user may make databases. Out: one `Item` after the other. Everything happens in databases of its own,
which are dropped at the end; nothing that is stored is touched. What an operator proves here is what could not be exercised
elsewhere: grants, ON CLUSTER, replicas, shards, the limits of a reader.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlencode, urlunsplit

from assay.app.demo_traffic import requests
from assay.clock import Clock
from assay.config.model import Config, Retention
from assay.config.model import Store as StoreSettings
from assay.errors import AssayError, QueryError
from assay.otlp.decode import Decoder
from assay.scorer.erase import erase
from assay.scorer.rollup import roll
from assay.scorer.settle import settle
from assay.store.dsn import parse_dsn
from assay.store.migrate import migrate, render, scripts
from assay.store.parcel import Parcel, parcel_of
from assay.store.store import Store, open_store, query
from assay.store.write import Writer

TRACES = 40
QUIET_SECONDS = 0.01
REPLICAS_AGREE_SECONDS = 30
LONGEST_SECONDS = 60
"""Longest time that a dashboard's statement should be allowed to run."""
UNKNOWN_TABLE = 60
REFUSED = {164, 452, 497, 291, 344}
"""Codes of READONLY, SETTING_CONSTRAINT_VIOLATION, ACCESS_DENIED, DATABASE_ACCESS_DENIED, SUPPORT_IS_DISABLED."""
LIMITED = {158, 159, 160, 241, 307, 396}
"""Codes of limits on rows, time (also estimated), memory, bytes and result rows."""

Verdict = Literal["ok", "failed", "not applicable"]


class Item(NamedTuple):
    """One promise and whether the store keeps it."""

    name: str
    verdict: Verdict
    said: str


class Broken(Exception):
    """A promise is not kept; the message says how."""


def contract(settings: StoreSettings, clock: Clock) -> Iterator[Item]:
    """Every item of the contract, in order. Raises only where the store cannot be reached at all."""
    here = open_store(settings)
    database = f"assay_contract_{clock.now_ns():x}"
    names = [database, f"{database}_killed"]
    try:
        yield _item("server", lambda: _server(here))
        made = _item("databases", lambda: _create(here, settings, names))
        yield made
        if made.verdict == "ok":
            yield from _in_database(_scratch(settings, names[0]), _scratch(settings, names[1]), clock)
    finally:
        for name in names:
            with suppress(AssayError):
                _rendered(here, "contract_drop", settings.cluster, {"database": name})
        here.close()


def reader_contract(settings: StoreSettings) -> Iterator[Item]:
    """What a user that dashboards read with may do, and nothing else."""
    store = open_store(settings)
    try:
        yield _item("reader: views", lambda: _reads_views(store))
        for name in ("insert", "create", "file", "url", "remote", "kill", "settings"):
            yield _item(f"reader: {name} is refused", lambda name=name: _is_refused(store, name))  # type: ignore[misc]
        yield _item("reader: limits end a long question", lambda: _is_limited(store))
    finally:
        store.close()


def _in_database(settings: StoreSettings, killed: StoreSettings, clock: Clock) -> Iterator[Item]:
    store = open_store(settings)
    decoder = Decoder(Config().mapping, ())
    sent = [
        parcel_of(decoder.traces(request, workspace="default"))
        for request in requests(seed=7, traces=TRACES, until_ns=clock.now_ns())
    ]
    try:
        yield _item("migrations", lambda: _migrates(store, settings))
        yield _item("migrations, once", lambda: _migrates_once(store, settings))
        yield _item("migrations, killed", lambda: _migrates_killed(killed))
        yield _item("retention", lambda: _retention(store, settings))
        yield _item("commit is visible", lambda: _visible(store, settings, sent, clock))
        yield _item("retry changes no number", lambda: _retry(store, settings, sent, clock))
        yield _item("settling", lambda: _settles(store, decoder, sent, clock))
        yield _item("retry after settling", lambda: _retry(store, settings, sent, clock))
        yield _item("rollups agree with spans", lambda: _rolls(store))
        yield _item("wrong statements are told apart", lambda: _told_apart(store))
        yield _item("health", lambda: _health(store))
        yield _item("replicas and shards", lambda: _cluster(store, settings, clock))
        yield _item("erasure", lambda: _erases(store, clock))
    finally:
        store.close()


def _item(name: str, check: Callable[[], str | None]) -> Item:
    """Run one check: it returns what to say, None where it does not apply, or raises."""
    try:
        said = check()
    except (AssayError, Broken) as error:
        return Item(name, "failed", str(error))
    return Item(name, "not applicable", "") if said is None else Item(name, "ok", said)


def _server(store: Store) -> str:
    row = store.rows(query("contract_server"))[0]
    return f"ClickHouse {row['version']}, user {row['username']}, time zone {row['timezone']}"


def _create(store: Store, settings: StoreSettings, names: list[str]) -> str:
    for name in names:
        _rendered(store, "contract_create", settings.cluster, {"database": name})
    return f"made {', '.join(names)}, dropped at the end"


def _migrates(store: Store, settings: StoreSettings) -> str:
    ran = migrate(store, settings)
    _same(
        len([name for name in ran if not name.startswith(("view_", "retention_"))]),
        len(scripts("migrations")),
        "migrations",
    )
    return f"{len(ran)} scripts ran"


def _migrates_once(store: Store, settings: StoreSettings) -> str:
    _same(migrate(store, settings), [], "scripts of a second run")
    return "a second run finds nothing to do"


def _migrates_killed(settings: StoreSettings) -> str:
    """A migrator that dies after 1, 8, 15, ... statements and is started again each time."""
    store = open_store(settings)
    deaths = 0
    try:
        for survived in range(1, 1_000, 7):
            try:
                migrate(_Dies(store, survived), settings)
            except _Died:
                deaths += 1
            else:
                break
        _same(migrate(store, settings), [], "scripts after the last start")
        return f"resumed after {deaths} deaths"
    finally:
        store.close()


class _Died(Exception):
    """The migrator of `_Dies` is gone."""


class _Dies:
    """A store that takes `left` statements."""

    def __init__(self, store: Store, left: int) -> None:
        self.store, self.left = store, left

    def command(self, sql: str, parameters: dict[str, Any] | None = None) -> None:
        if self.left == 0:
            raise _Died
        self.left -= 1
        self.store.command(sql, parameters)

    def rows(self, sql: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        return self.store.rows(sql, parameters)


def _retention(store: Store, settings: StoreSettings) -> str:
    longer = Retention(**{name: days + 1 for name, days in settings.retention.model_dump().items()})
    changed = migrate(store, settings.model_copy(update={"retention": longer}))
    if not changed:
        raise Broken("a changed retention changed no table")
    days = longer.spans_days
    kept = {row["name"]: row["definition"] for row in store.rows(query("contract_tables"))}
    table = "spans_local" if settings.cluster else "spans"
    if f"toIntervalDay({days})" not in kept.get(table, ""):
        raise Broken(f"{table} does not say that rows are kept for {days} days")
    migrate(store, settings)
    return f"{len([name for name in changed if name.startswith('retention_')])} tables changed"


def _visible(store: Store, settings: StoreSettings, sent: list[Parcel], clock: Clock) -> str:
    Writer(store, clock).write(sent)
    other = open_store(settings)
    try:
        seen = other.rows(query("contract_totals"))[0]
        _same(seen["spans"], sum(part.rows for part in sent), "spans seen from another connection")
        _same(seen["traces"], TRACES, "traces seen from another connection")
        texts = other.rows(query("contract_texts"))[0]
        _same(texts["unreadable"], 0, f"unreadable texts of {texts['answers']} answers")
    finally:
        other.close()
    return f"{seen['spans']} spans, {seen['texts']} texts, at once and from another connection"


def _retry(store: Store, settings: StoreSettings, sent: list[Parcel], clock: Clock) -> str:
    before = store.rows(query("contract_totals"))[0]
    other = open_store(settings)
    try:
        writer = Writer(other, clock)
        for start in range(0, len(sent), 7):
            writer.write(sent[start : start + 7])
    finally:
        other.close()
    _same(store.rows(query("contract_totals"))[0], before, "totals")
    return "everything was sent again, in other groups, over another connection"


def _settles(store: Store, decoder: Decoder, sent: list[Parcel], clock: Clock) -> str:
    before = store.rows(query("contract_totals"))[0]["spans"]
    clock.sleep(10 * QUIET_SECONDS)
    writer, settled = Writer(store, clock), 0
    while (done := settle(store, writer, decoder, quiet_seconds=QUIET_SECONDS)).traces:
        settled += done.traces
        if done.behind_seconds <= 0:
            break
    if settled < TRACES:
        raise Broken(f"{settled} of {TRACES} traces were settled")
    _same(store.rows(query("contract_totals"))[0]["spans"], before, "spans after settling")
    return f"{settled} traces of {len(sent)} requests"


def _rolls(store: Store) -> str:
    done = roll(store, lag_seconds=QUIET_SECONDS)
    spans, rolled = store.rows(query("contract_totals"))[0], store.rows(query("contract_rollup"))[0]
    for name, value in rolled.items():
        _same(value, spans[name], name)
    return f"{done.slots} slots and {done.hours} hours add up to the spans"


def _told_apart(store: Store) -> str:
    try:
        store.rows(query("contract_missing"))
    except QueryError as error:
        _same(error.code, UNKNOWN_TABLE, "code of a table that is not there")
        return "a table that is not there is the operator's error, not a reason to try again"
    raise Broken("a table that is not there was read")


def _health(store: Store) -> str:
    health = store.health()
    if health.bytes_on_disk <= 0 or health.max_parts <= 0:
        raise Broken(f"parts and bytes cannot be seen: {health}. Grant SELECT ON system.parts")
    return f"{health.max_parts} parts in the busiest partition, {health.bytes_on_disk:,} bytes"


def _cluster(store: Store, settings: StoreSettings, clock: Clock) -> str | None:
    if not settings.cluster:
        return None
    where = {"cluster": settings.cluster, "database": parse_dsn(settings).database}
    nodes = store.rows(query("contract_nodes"), {"cluster": settings.cluster})
    if not nodes:
        raise Broken(f"the server knows no cluster {settings.cluster!r}")
    tables = store.rows(query("contract_tables_by_node"), where)
    _same(len(tables), len(nodes), "nodes that have the database")
    _same(len({row["tables"] for row in tables}), 1, f"different numbers of tables on the nodes ({tables})")
    by_shard: dict[int, set[int]] = {}
    for _ in range(REPLICAS_AGREE_SECONDS):
        by_shard = {}
        for row in store.rows(query("contract_rows_by_node"), where):
            by_shard.setdefault(row["shard"], set()).add(row["spans"])
        if all(len(counts) == 1 for counts in by_shard.values()):
            break
        clock.sleep(1)
    else:
        raise Broken(f"replicas of a shard do not agree after {REPLICAS_AGREE_SECONDS} s: {by_shard}")
    _same(
        sum(max(counts) for counts in by_shard.values()),
        store.rows(query("contract_totals"))[0]["spans"],
        "spans over all shards",
    )
    empty = [shard for shard, counts in by_shard.items() if counts == {0}]
    if empty:
        raise Broken(f"no span went to shards {empty}")
    return f"{len(nodes)} nodes, {len(by_shard)} shards, replicas agree"


def _erases(store: Store, clock: Clock) -> str:
    user = store.rows(query("contract_user"))[0]
    steps = list(erase(store, clock, workspace="default", by="user", value=user["user_id"]))
    _same(store.rows(query("contract_of_user"), {"user_id": user["user_id"]})[0]["spans"], 0, "spans of an erased user")
    roll(store, lag_seconds=QUIET_SECONDS)
    spans, rolled = store.rows(query("contract_totals"))[0], store.rows(query("contract_rollup"))[0]
    _same(rolled["spans"], spans["spans"], "spans in rollups after an erasure")
    return f"{user['spans']} spans of one user went in {len(steps)} steps, rollups with them"


def _reads_views(store: Store) -> str:
    views = [row["name"] for row in store.rows(query("contract_reader_views"))]
    if not views:
        raise Broken("no view can be seen; is the database of the DSN Assay's?")
    for view in views:
        store.rows(query("contract_reader_view"), {"view": view})
    store.rows(query("contract_reader_between"))
    return f"{len(views) + 1} views answer"


def _is_refused(store: Store, name: str) -> str:
    try:
        store.rows(query(f"contract_reader_{name}"))
    except AssayError as error:
        if _code(error) in REFUSED:
            return f"code {_code(error)}"
        raise Broken(f"it went wrong, but was not refused: {error}") from error
    raise Broken("it was allowed")


def _is_limited(store: Store) -> str:
    limits = store.rows(query("contract_reader_limits"))[0]
    if missing := [name for name, value in limits.items() if not value]:
        raise Broken(f"no limit: {', '.join(missing)}")
    if limits["max_execution_time"] > LONGEST_SECONDS:
        raise Broken(f"a statement may run for {limits['max_execution_time']:g} s, expected {LONGEST_SECONDS} at most")
    try:
        store.rows(query("contract_reader_endless"))
    except AssayError as error:
        if _code(error) in LIMITED:
            return f"code {_code(error)} after at most {limits['max_execution_time']:g} s"
        raise
    raise Broken("it was answered")


def _code(error: AssayError) -> int:
    """ClickHouse's code, also where it is one of those that say "try later"."""
    return int(getattr(error, "code", 0) or getattr(error.__cause__, "code", 0) or 0)


def _same(is_: object, should: object, what: str) -> None:
    if is_ != should:
        raise Broken(f"{what}: {is_}, expected {should}")


def _rendered(store: Store, name: str, cluster: str, parameters: dict[str, Any]) -> None:
    for statement in render(query(name), cluster):
        store.command(statement, parameters)


def _scratch(settings: StoreSettings, database: str) -> StoreSettings:
    """The same store, another database."""
    dsn = parse_dsn(settings)
    if dsn.embedded:
        return settings.model_copy(update={"dsn": f"chdb://{dsn.path}", "dsn_file": "", "database": database})
    host = f"[{dsn.host}]" if ":" in dsn.host else dsn.host
    user = f"{quote(dsn.user, safe='')}:{quote(dsn.password, safe='')}@" if dsn.user else ""
    place = f"{user}{host}:{dsn.port}"
    text = urlunsplit(("https" if dsn.secure else "http", place, f"/{database}", urlencode(dsn.settings), ""))
    return settings.model_copy(update={"dsn": text, "dsn_file": ""})
