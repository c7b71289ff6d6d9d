"""Readers of one workspace at the door: its rows through every table and view, nothing of others by any way round."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.clock import SystemClock
from assay.config.model import DoorListener, Workspace
from assay.errors import ConfigError
from assay.otlp.decode import Decoder
from assay.scorer.rollup import roll
from assay.scorer.settle import drain
from assay.store.door import open_door
from assay.store.parcel import parcel_of
from assay.store.store import open_store
from assay.store.write import Writer
from tests.contract.door_kit import TOKEN, Answer, House, StoreSettings, open_house
from tests.store.otlp import request, span

SECRET = "what-the-red-ones-say"
TABLES = "SELECT name, engine LIKE '%View' FROM system.tables WHERE database = 'assay'"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Rows of the workspaces blue, red and default in the same parts, and a door whose readers are kept apart."""
    folder = tmp_path_factory.mktemp("workspaces")
    open_to_all = open_house(folder)
    workspaces = {}
    for name in ("blue", "red"):
        (folder / f"{name}-readers").write_text(f"reads-{name}\n")
        workspaces[name] = Workspace(reader_token_files=(str(folder / f"{name}-readers"),))
    store = open_store(StoreSettings(dsn=f"http://assay:{TOKEN}@127.0.0.1:{open_to_all.door.port}/assay"))
    writer, decoder = Writer(store, SystemClock()), Decoder()
    for name, said in (("blue", "what-the-blue-ones-say"), ("red", SECRET)):
        spans = [
            span(
                number,
                1,
                tokens=(10, 5),
                gen_ai__output__messages=f'[{{"role":"assistant","parts":[{{"type":"text","content":"{said}"}}]}}]',
            )
            for number in range(20, 25)
        ]
        writer.write([parcel_of(decoder.traces(request(spans), workspace=name))])
    drain(store, writer, decoder)
    roll(store, lag_seconds=0)
    store.close()
    door = open_door(
        open_to_all.engine, DoorListener(port=0), write_token=TOKEN, clock=SystemClock(), workspaces=workspaces
    )
    kept_apart = House(open_to_all.engine, door, folder)
    for table in ("spans", "bodies", "rollups"):
        kept_apart.write(f"OPTIMIZE TABLE {table} FINAL")
    yield kept_apart
    door.stop()
    open_to_all.door.stop()
    open_to_all.engine.close()


def rows(answer: Answer) -> list[list[object]]:
    assert answer.status == 200, answer.text
    found: list[list[object]] = json.loads(answer.body)["data"]
    return found


def blue(house: House, statement: str, **parameters: str | int) -> Answer:
    return house.ask(statement, token="reads-blue", default_format="JSONCompact", **parameters)


def test_every_table_and_view_shows_the_own_rows_only(house: House) -> None:
    everything = rows(house.write(TABLES, default_format="JSONCompact"))
    seen = 0
    for name, _ in everything:
        columns = rows(
            house.write(f"SELECT name FROM system.columns WHERE table = '{name}'", default_format="JSONCompact")
        )
        is_range = name == "rollup_between"  # it takes parameters, and shows no columns
        if ["workspace"] not in columns and not is_range:
            continue
        source = f"assay.{name}" + ("(since = toDateTime(0), until = now() + INTERVAL 1 DAY)" if is_range else "")
        count = f"SELECT workspace, count() FROM {source} GROUP BY workspace ORDER BY workspace"
        whole = {str(key): value for key, value in rows(house.write(count, default_format="JSONCompact"))}
        own = {str(key): value for key, value in rows(blue(house, count))}
        assert own == {key: value for key, value in whole.items() if key == "blue"}, name
        seen += "red" in whole
    assert seen >= 8, "rows of red stand in the tables and views, for the writer"


def test_tables_that_name_no_workspace_hold_nothing_of_any(house: House) -> None:
    everything = rows(house.write(TABLES + " AND engine NOT LIKE '%View'", default_format="JSONCompact"))
    house.write("CREATE TABLE IF NOT EXISTS made_later (s String) ENGINE = MergeTree ORDER BY s")
    house.write(f"INSERT INTO made_later SELECT '{SECRET}'")
    assert rows(blue(house, "SELECT count() FROM made_later")) == [[0]]
    for name, _ in everything:
        assert SECRET not in blue(house, f"SELECT * FROM {name}").text


WAYS_ROUND = [
    "SELECT count() FROM spans",
    "SELECT count() FROM spans AS `system.processes`",
    "SELECT count() FROM (SELECT * FROM spans)",
    "WITH other AS (SELECT * FROM assay.spans) SELECT count() FROM other",
    "SELECT count() FROM view(SELECT * FROM spans)",
    "SELECT count() FROM spans FINAL",
    "SELECT (SELECT count() FROM spans)",
    "SELECT count() FROM spans AS a LEFT JOIN system.one ON 1",
    "SELECT countIf(throwIf(workspace = 'red') = 0) FROM spans",
    "SELECT count() FROM spans WHERE throwIf(workspace = 'red' AND service != 'x') = 0",
    "SELECT uniqExact(trace_id) FROM spans WHERE trace_id IN (SELECT trace_id FROM spans_raw)",
]


@pytest.mark.parametrize("statement", WAYS_ROUND)
def test_ways_that_lead_to_the_own_rows(house: House, statement: str) -> None:
    assert rows(blue(house, statement)) == [[5]]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count() FROM merge('assay', 'spans')",
        "SELECT * FROM mergeTreeIndex('assay', 'spans')",
        "SELECT * FROM mergeTreeProjection('assay', 'spans', 'x')",
        "SELECT * FROM mergeTreeTextIndex('assay', 'bodies', 'text')",
        "SELECT count() FROM loop(assay.spans)",
        "SELECT count() FROM spans PREWHERE throwIf(workspace = 'red') = 0",
        "SELECT count() FROM spans prewhere/**/1",
        "SELECT count() FROM spans SETTINGS additional_table_filters = {}",
        "SELECT count() FROM remote('127.0.0.1', 'assay', 'spans')",
        "SELECT count() FROM cluster('default', 'assay', 'spans')",
        "EXPLAIN SELECT count() FROM mergeTreeIndex('assay', 'spans')",
    ],
)
def test_ways_round_are_refused(house: House, statement: str) -> None:
    answer = blue(house, statement)
    assert answer.status != 200, answer.text
    assert answer.code == 164


def test_filters_cannot_be_set(house: House) -> None:
    assert blue(house, "SELECT count() FROM spans", additional_table_filters="{}").code == 452
    assert blue(house, "SET additional_table_filters = {}", session_id="mine").status != 200


def test_no_text_of_others_is_seen_by_search(house: House) -> None:
    for view in ("texts", "messages", "raw_spans"):
        seen = house.write(f"SELECT * FROM {view}", default_format="JSONEachRow").text
        assert SECRET in seen, f"it stands in {view}"
        assert SECRET not in blue(house, f"SELECT * FROM {view}").text


def test_a_cached_answer_is_not_shared(house: House) -> None:
    asked = "SELECT any(workspace) FROM spans"
    for name in ("red", "blue", "red"):
        got = house.ask(asked, token=f"reads-{name}", default_format="JSONCompact", use_query_cache=1)
        assert rows(got) == [[name]]


def test_a_session_of_another_workspace_is_another_session(house: House) -> None:
    for name in ("red", "blue"):
        house.ask("SET max_threads = 1", token=f"reads-{name}", session_id="one")
    got = house.ask(
        "SELECT any(workspace) FROM spans", token="reads-red", session_id="one", default_format="JSONCompact"
    )
    assert rows(got) == [["red"]]


@pytest.mark.parametrize("secret", ["", "reads-green", "reads"])
def test_who_has_no_token_reads_nothing(house: House, secret: str) -> None:
    answer = house.ask("SELECT 1", token=secret)
    assert (answer.code, answer.status) == (516, 403)


def test_basic_and_bearer_name_the_reader_too(house: House) -> None:
    for header in ("Bearer reads-blue", "Basic YW55Ym9keTpyZWFkcy1ibHVl"):
        got = house.ask("SELECT count() FROM spans", headers={"Authorization": header}, default_format="JSONCompact")
        assert rows(got) == [[5]]


def test_a_new_token_is_read_without_a_restart(house: House) -> None:
    file: Path = house.folder / "blue-readers"
    file.write_text("reads-blue\nreads-blue-too\n")
    got = house.ask("SELECT count() FROM spans", token="reads-blue-too", default_format="JSONCompact")
    assert rows(got) == [[5]]


def test_one_token_cannot_stand_for_two_workspaces(house: House) -> None:
    file = str(house.folder / "red-readers")
    both = {"red": Workspace(reader_token_files=(file,)), "green": Workspace(reader_token_files=(file,))}
    with pytest.raises(ConfigError, match="red and green"):
        open_door(house.engine, DoorListener(port=0), write_token=TOKEN, clock=SystemClock(), workspaces=both)


def plugin_filter(table: str, *conditions: str) -> str:
    """What Grafana's data source puts behind a statement for ad-hoc filters."""
    text = " AND ".join(f" {one} " for one in conditions).replace("'", "\\'")
    return f" settings additional_table_filters={{'{table}' : '{text}'}}"


@pytest.mark.parametrize("table", ["spans_live", "assay.spans_live", "spans"])
def test_ad_hoc_filters_take_rows_away_and_show_none_of_others(house: House, table: str) -> None:
    statement = f"SELECT DISTINCT trace_id FROM {table}"
    own = rows(blue(house, statement))
    chosen = own[0][0]
    assert rows(blue(house, statement + plugin_filter(table, f"trace_id = '{chosen}'"))) == [[chosen]]
    rest = rows(blue(house, statement + plugin_filter(table, f"trace_id NOT ILIKE '{chosen}'", "workspace != 'x'")))
    assert sorted(rest) == sorted(one for one in own if one != [chosen])
    assert rows(blue(house, statement + plugin_filter(table, "workspace = 'red'"))) == []
    assert rows(blue(house, statement + plugin_filter(table, "workspace = 'red' OR workspace REGEXP '.*'"))) == own


@pytest.mark.parametrize(
    "condition",
    [
        "1",
        "1 = 1",
        "workspace = 'red' OR 1",
        "throwIf(workspace = 'red')",
        "workspace = (SELECT 'red')",
        "trace_id IN (SELECT trace_id FROM spans)",
        "trace_id IN ('a') UNION ALL SELECT 1",
        "service = file('x')",
        "service = service",
        "service",
        "(service = 'a')",
        "cohort[service] = 'a'",
        "service = 'a' /* */ --",
        "service = -'a'",
        "",
    ],
)
def test_ad_hoc_filters_hold_nothing_but_comparisons(house: House, condition: str) -> None:
    # What would be ignored (a comment) is gone from what is put back, so that it may pass; it must show nothing more.
    answer = blue(house, "SELECT count() FROM spans_live" + plugin_filter("spans_live", condition))
    if condition.startswith("service = 'a' /*"):
        assert rows(answer) in ([[0]], [["0"]])
        return
    assert answer.status != 200
    assert "compare columns with values" in answer.text


def test_filters_under_the_name_of_an_alias_do_not_replace_ours(house: House) -> None:
    for table, alias in (("spans", "assay.zzz"), ("spans", "zzz"), ("bodies", "assay.zzz")):
        own = rows(blue(house, f"SELECT count() FROM {table}"))
        aliased = f"SELECT count() FROM {table} AS `{alias}`" + plugin_filter("assay.zzz", "workspace != 'x'")
        assert rows(blue(house, aliased)) == own
    hidden = "SELECT count() FROM system.query_log AS `assay.zzz`" + plugin_filter("assay.zzz", "type != 'x'")
    answer = blue(house, hidden)
    assert answer.status != 200 or rows(answer)[0][0] in (0, "0")


def test_a_settings_clause_elsewhere_is_refused_as_before(house: House) -> None:
    inner = "SELECT * FROM (SELECT count() FROM spans_live" + plugin_filter("spans_live", "model = 'x'") + ")"
    assert blue(house, inner).status != 200
    assert blue(house, "SELECT 1" + plugin_filter("spans", "model = 'x'") + ", max_threads = 1").status != 200
