"""What clients of the door rely on beside rows: who is asked, totals, names of columns, ids, summaries, every type in Native."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import clickhouse_connect
import lz4.frame
import pytest

from assay.clock import SystemClock
from assay.config.model import DoorListener
from assay.store.door import open_door
from assay.store.door.frames import FRAME_BYTES, compressed, decompressed
from tests import tools
from tests.contract.door_kit import TOKEN, House, open_house


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    opened = open_house(tmp_path_factory.mktemp("protocol"))
    yield opened
    opened.door.stop()
    opened.engine.close()


# --- who is asked


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8123", "localhost.evil.example", "10.0.0.1", "[fe80::1]", "x"]
)
def test_a_foreign_host_is_refused_without_the_token(house: House, host: str) -> None:
    """A page of a browser whose own name was pointed at our address sends that name."""
    answer = house.ask("SELECT count() FROM spans", headers={"Host": host})
    assert (answer.status, answer.code) == (403, 516)
    assert "3\n" not in answer.text
    assert house.ask("SELECT count() FROM spans", headers={"Host": host}, token=TOKEN).text == "3\n"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.2:8123", "[::1]:8123", ""])
def test_loopback_is_our_own_host(house: House, host: str) -> None:
    assert house.ask("SELECT 1", headers={"Host": host}).text == "1\n"


def test_a_door_with_a_name_answers_to_it_and_one_that_listens_everywhere_to_all(house: House) -> None:
    for listens, asked, status in (
        ("0.0.0.0", "assay.svc", 200),
        ("localhost", "assay.svc", 403),
        ("localhost", "localhost", 200),
    ):
        door = open_door(house.engine, DoorListener(host=listens, port=0), write_token=TOKEN, clock=SystemClock())
        assert house._replace(door=door).ask("SELECT 1", headers={"Host": asked}).status == status, (listens, asked)
        door.stop()


# --- what answers carry


def test_totals_and_extremes_are_in_the_answer(house: House) -> None:
    totals = "SELECT n % 2 AS k, count() FROM numbered GROUP BY k {} ORDER BY k"
    for statement in (totals.format("WITH TOTALS"), totals.format("/* */ with totals")):
        assert house.ask(statement).text == "0\t500\n1\t500\n\n0\t1000\n"
    assert house.ask(f"SELECT * FROM ({totals.format('WITH TOTALS')})").text == "0\t500\n1\t500\n\n0\t1000\n"
    expected = "7\n8\n\n7\n8\n"
    asks = "SELECT n FROM numbered WHERE n IN (7, 8) ORDER BY n"
    assert house.ask(asks, extremes=1).text == expected
    assert house.ask("SET extremes = 1", session_id="extremes").status == 200
    assert house.ask(asks, session_id="extremes").text == expected
    house.write("SET extremes = 1", session_id="extremes")
    assert house.write(asks, session_id="extremes").text == expected
    assert house.ask(asks).text == "7\n8\n"


@pytest.mark.parametrize("output", ["CSVWithNames", "CSVWithNamesAndTypes", "TSVWithNames", "TSVRawWithNames", "RowBinaryWithNamesAndTypes", "JSONCompactEachRowWithNames"])  # fmt: skip
def test_names_with_line_breaks_stand_once_at_the_head(house: House, output: str) -> None:
    sql = 'SELECT number AS `a\n"b""\n,c`, toString(number) AS `d\ne` FROM numbers(200000)'
    connection = house.engine.connection("", {})
    whole = connection.query(sql, output).bytes()
    connection.close()
    assert house.ask(sql, default_format=output).body == whole


def test_an_empty_native_answer_is_a_block_of_names_and_types(house: House) -> None:
    sql = "WITH 1 AS one SELECT n, {x:UInt8} + one AS `y\nz`, s FROM numbered WHERE n > 1e9 -- none\n"
    expected = b"\x03\x00\x01n\x06UInt64\x03y\nz\x06UInt16\x01s\x06String"
    assert house.ask(sql, default_format="Native", param_x=1).body == expected
    newer = house.ask(sql, default_format="Native", param_x=1, client_protocol_version=54460).body
    info = b"\x01\x00\x02\xff\xff\xff\xff\x00"
    assert newer == info + b"\x03\x00\x01n\x06UInt64\x00\x03y\nz\x06UInt16\x00\x01s\x06String\x00"
    client = clickhouse_connect.get_client(host="127.0.0.1", port=house.door.port)
    assert client.query("SELECT n, s FROM numbered WHERE n > 1e9").column_names == ("n", "s")


@pytest.mark.parametrize("statement", ["SELECT nothing", "DROP TABLE numbered", "SELEC", "SELECT 1 FORMAT Nope"])
def test_an_error_carries_the_query_id_of_its_caller(house: House, statement: str) -> None:
    answer = house.ask(statement, query_id="mine")
    assert (answer.status >= 400, answer.headers["x-clickhouse-query-id"]) == (True, "mine")
    named = house.ask(statement, headers={"X-ClickHouse-Query-Id": "from a header"})
    assert named.headers["x-clickhouse-query-id"] == "from a header"
    assert len(house.ask(statement).headers["x-clickhouse-query-id"]) == 36


def test_a_query_id_cannot_write_headers(house: House) -> None:
    for statement in ("SELECT 1", "SELECT nothing"):
        answer = house.ask(statement, query_id="a\r\nSet-Cookie: b=c\r\n\r\nü")
        assert (
            answer.headers["x-clickhouse-query-id"]
            == "a??Set-Cookie: b=c?????"[: len(answer.headers["x-clickhouse-query-id"])]
        )
        assert "set-cookie" not in answer.headers


def test_the_summary_says_what_was_read(house: House) -> None:
    def summary(statement: str, **parameters: str | int) -> dict[str, int]:
        headers = house.ask(statement, **parameters).headers
        return {name: int(value) for name, value in json.loads(headers["x-clickhouse-summary"]).items()}

    for output in ("TSV", "JSON", "Native", "CSVWithNames"):
        said = summary("SELECT sum(n), count() FROM numbered WHERE n % 2", default_format=output)
        assert (said["read_rows"], said["result_rows"], said["written_rows"]) == (1000, 1, 0), output
        assert said["read_bytes"] >= 8000, output
        assert said["result_bytes"] > 0, output
        assert 0 < said["elapsed_ns"] < 60e9, output
    streamed = summary("SELECT a.n FROM numbered AS a CROSS JOIN numbered AS b WHERE a.n < 500")
    assert 0 < streamed["result_rows"] <= 500_000


def test_a_body_that_is_cut_short_is_no_statement(house: House) -> None:
    """Each shorter piece of a frame is refused, also where all of its text is there."""
    frame = lz4.frame.compress(b"SELECT 1")
    headers = {"Content-Encoding": "lz4"}
    assert house.ask(frame, headers=headers).text == "1\n"
    for size in range(1, len(frame)):
        answer = house.ask(frame[:size], headers=headers)
        assert (answer.status, answer.code) == (400, 271), size
    assert house.ask(frame + frame, headers=headers).code == 271


def test_large_answers_are_in_frames_that_clients_take(house: House) -> None:
    body = house.ask("SELECT n, repeat(s, 900) AS t FROM numbered FORMAT JSON", compress=1).body
    plain = decompressed(body, limit_bytes=1 << 30)
    assert len(json.loads(plain)["data"]) == 1000
    assert len(plain) > 2 * FRAME_BYTES
    assert body == compressed(plain)


# --- Native

SCALARS = (
    "toInt8(n) AS i8, toUInt256(n) AS u256, toInt128(n) AS i128, n / 3 AS f64, toFloat32(n) AS f32, n % 2 = 1 AS flag",
    "toDate(n % 9000) AS d, toDate32(n % 9000) AS d32, toDateTime(n, 'UTC') AS dt, toDateTime64(n, 9, 'UTC') AS dt64",
    "generateUUIDv4() AS uuid, toIPv4('127.0.0.1') AS ip4, toIPv6('::1') AS ip6, toFixedString('abc', 3) AS fixed",
    "toDecimal32(n % 9, 2) AS dec32, toDecimal64(n, 4) AS dec64, toDecimal128(n, 9) AS dec128, toDecimal256(n, 9) AS dec256",
    "CAST(n % 2 + 1 AS Enum8('a' = 1, 'b)(,' = 2)) AS e8, CAST(300 AS Enum16('it''s' = 300)) AS e16",
    "repeat('x', n % 300) AS text, toLowCardinality(toString(n % 3)) AS lc, toNullable(if(n % 2, 'odd', NULL)) AS nullable",
    "toLowCardinality(if(n % 3 = 0, NULL, toString(n % 3))) AS lcn, toIntervalDay(n) AS days",
)
NESTED = (
    "[toString(n), ''] AS texts, [[n]] AS deep, emptyArrayString() AS none, range(n % 5) AS ranges, [toNullable(toDate(n % 9))] AS dates",
    "map('k', n, 'l', 1) AS numbers_by_name, map('a', ['b', 'c']) AS lists_by_name, map(toLowCardinality('a'), toLowCardinality('b')) AS dictionaries",
    "(n, 'x') AS pair, CAST((1, '(') AS Tuple(ab UInt8, c String)) AS named",
    "arrayMap(x -> toLowCardinality(toNullable(toString(x))), range(n % 4)) AS lists_of_dictionaries, [(n, 'a'), (2, 'b')] AS nested",
)
NEWER = (
    "toTime(n % 80000) AS t, toTime64(n % 80000, 3) AS t64",
    "CAST(if(n % 2, n, toString(n)) AS Variant(String, UInt64)) AS variant, CAST(['a'] AS Array(Variant(LowCardinality(String), UInt8))) AS variants",
    "multiIf(n % 3 = 0, NULL, n % 3 = 1, n::Dynamic, toString(n)::Dynamic) AS dyn",
    """concat('{"a":', toString(n), ',"b":{"c":"x","d', toString(n % 7), '":1}}')::JSON AS js""",
    """concat('{"a":', toString(n), ',"b":{"c":"x"}}')::JSON(a UInt32, `b.c` LowCardinality(String), SKIP `z,`) AS typed""",
)
# What clickhouse-go cannot read from any server: odd names in a tuple, tuples without names inside one.
ODD = (
    "CAST((1, 'x', 'y') AS Tuple(`c d,` UInt8, `e``f)` LowCardinality(String), g String)) AS named",
    "(1, (toLowCardinality('q'), [toLowCardinality('r')])) AS mixed",
)
POINTS = ("CAST((1, 2) AS Point) AS point, CAST([(1, 2)] AS Ring) AS ring, CAST([[(1, 2)]] AS Polygon) AS polygon",)


def selecting(columns: str) -> str:
    return f"SELECT {columns} FROM (SELECT number AS n FROM numbers(70000))"


@pytest.mark.parametrize("columns", SCALARS + NESTED + NEWER + POINTS + ODD)
@pytest.mark.parametrize("flattened", [0, 1])
def test_blocks_of_a_later_revision_hold_the_same_data(house: House, columns: str, flattened: int) -> None:
    """Block info before every block and a byte behind every type are all that is added; where, only the data tell."""
    flags = {"output_format_native_use_flattened_dynamic_and_json_serialization": flattened}
    statement = selecting(f"{columns}, 'end' AS last")
    if "generateUUID" in statement:
        statement = statement.replace("generateUUIDv4()", "toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')")
    old = house.ask(statement, default_format="Native", max_threads=1, **flags).body
    new = house.ask(statement, default_format="Native", max_threads=1, client_protocol_version=54460, **flags).body
    names = [str(row[0]) for row in house.rows(f"DESCRIBE TABLE ({statement})")]
    info = b"\x01\x00\x02\xff\xff\xff\xff\x00"
    assert new.count(info) == old.count(b"\x04last\x06String") > 1
    back = new.replace(info, b"").replace(b"\x04last\x06String\x00", b"\x04last\x06String")
    assert len(back) == len(old) + (len(names) - 1) * new.count(info)


def test_clickhouse_connect_reads_every_type(house: House) -> None:
    client = clickhouse_connect.get_client(host="127.0.0.1", port=house.door.port)
    for columns in SCALARS + NESTED + NEWER + POINTS:
        rows = client.query(selecting(columns)).result_rows
        assert len(rows) == 70_000, columns
    read = client.query(selecting(", ".join((NEWER[1], NEWER[2], NESTED[1])))).result_rows[7]
    assert read == (7, ["a"], 7, {"k": 7, "l": 1}, {"a": ["b", "c"]}, {"a": "b"})


def test_clickhouse_go_reads_every_type_and_every_table_and_view(house: House) -> None:
    """Grafana's data source is built on this driver, which names a protocol revision."""
    program = tools.require(lambda: tools.go_build(Path(__file__).parent / "door_go"))
    names = [
        str(row[0])
        for row in house.rows("SELECT name FROM system.tables WHERE database = 'assay' AND NOT is_temporary")
    ]
    assert {"spans", "generations", "traces"} <= set(names)
    ranges = {"rollup_between": "rollup_between(since = toDateTime(0), until = now())"}
    assert set(ranges) <= set(names)
    statements = [f"SELECT * FROM {ranges.get(name, f'`{name}`')}" for name in names]
    statements += [selecting(columns) for columns in SCALARS + NESTED + NEWER + POINTS]
    statements += [f"{selecting(SCALARS[0])} WHERE n < 0"]
    done = subprocess.run(
        [str(program), f"127.0.0.1:{house.door.port}", "", *statements], capture_output=True, text=True, check=True, timeout=240
    )  # fmt: skip
    expected = {one: int(str(house.rows(f"SELECT toUInt32(count()) FROM ({one})")[0][0])) for one in statements}
    assert json.loads(done.stdout) == expected
    assert expected["SELECT * FROM `spans`"] == 3


def test_what_native_cannot_carry_is_said(house: House) -> None:
    answer = house.ask("SELECT sumState(n) FROM numbered FORMAT Native", client_protocol_version=54460)
    assert (answer.status, answer.code) == (501, 48)
    assert "AggregateFunction(sum, UInt64)" in answer.text
