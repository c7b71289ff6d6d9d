"""The door under long answers, errors in their middle, callers that leave, and more callers than it serves at once."""

import gzip
import http.client
import io
import json
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import clickhouse_connect
import lz4.frame
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from assay.store.door import serve
from assay.store.door.frames import compressed
from tests.contract.door_kit import LONG, SERVER, TOKEN, House, eventually, leave_behind, open_house, running


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    opened = open_house(
        tmp_path_factory.mktemp("streams"),
        max_concurrent_readers=4,
        max_result_rows=3_000_000,
        max_execution_seconds=600,  # a reader that leaves must not be ended by that instead
    )
    yield opened
    opened.door.stop()
    opened.engine.close()


def test_a_caller_that_leaves_cancels_a_statement_without_an_answer_yet(house: House) -> None:
    caller = leave_behind(house, LONG)
    eventually(lambda: running(house) != [], "the statement never began")
    caller.close()
    eventually(lambda: running(house) == [], "the statement goes on although nobody listens")


def test_a_caller_that_leaves_cancels_a_stream(house: House) -> None:
    caller = leave_behind(house, "SELECT number FROM numbers(1e12) FORMAT Native")
    assert b" 200 OK" in caller.recv(100_000)
    assert running(house)
    caller.close()
    eventually(lambda: running(house) == [], "the stream goes on although nobody listens")


def test_turns_come_back_whatever_happens(house: House) -> None:
    """There are four turns; each way of ending gives one back."""
    for _ in range(6):
        assert house.ask("SELEC").code
        assert house.ask("DROP TABLE numbered").code == 164
        assert house.ask("SELECT nothing").code == 47
        assert house.ask("SELECT 1", session_check=1, session_id="none").code == 372
        assert house.ask("SELECT 1", dialect="x").code == 452
        leave_behind(house, "SELECT number FROM numbers(1e12)").close()
        with pytest.raises(http.client.IncompleteRead):
            house.ask(broken())
    eventually(lambda: running(house) == [], "a statement was left behind")
    assert house.rows("SELECT 1") == [[1]]


def test_waiting_readers_get_202_and_do_not_hold_up_writers(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "WAIT_FOR_TURN_SECONDS", 1.0)
    busy = [leave_behind(house, LONG) for _ in range(4)]
    eventually(lambda: len(running(house)) == 4, "four readers at once")
    codes: list[int] = []
    waiting = [threading.Thread(target=lambda: codes.append(house.ask("SELECT 1").code)) for _ in range(60)]
    for thread in waiting:
        thread.start()
    for _ in range(10):
        house.write("INSERT INTO numbered FORMAT CSV\n1000000,x\n")
    for thread in waiting:
        thread.join()
    assert set(codes) == {202}
    assert len(codes) == 60
    for caller in busy:
        caller.close()
    eventually(lambda: running(house) == [], "readers that left")
    assert house.rows("SELECT count() FROM numbered WHERE n = 1000000") == [[10]]
    house.write("DELETE FROM numbered WHERE n = 1000000")


def test_readers_that_leave_are_cancelled_at_whatever_they_are(house: House) -> None:
    """In the line, while their statement is judged, before it has begun, while it runs: with more of them than turns."""
    for delay_ms in (0, 1, 2, 5, 10, 20, 50):
        leaving = [leave_behind(house, LONG) for _ in range(12)]
        threading.Event().wait(delay_ms / 1000)
        for caller in leaving:
            caller.close()
    eventually(lambda: running(house) == [], "a statement runs on that nobody waits for")
    assert house.rows("SELECT 1") == [[1]]


def test_limits_of_memory_rows_and_time_have_their_codes(house: House) -> None:
    assert house.ask("SELECT groupArray(number) FROM numbers(50000000)", max_memory_usage=50_000_000).code == 241
    assert house.ask("SELECT number FROM numbers(100) FORMAT JSON", max_result_rows=10).code == 396
    answer = house.ask(LONG, max_execution_time="0.2")
    assert (answer.status, answer.code) == (408, 159)


# --- sessions


def test_a_session_in_use_is_locked(house: House) -> None:
    caller = socket.create_connection(("127.0.0.1", house.door.port))
    caller.sendall(f"GET /?session_id=mine&query={quote(LONG)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    eventually(lambda: running(house) != [], "the statement never began")
    answer = house.ask("SELECT 1", session_id="mine")
    assert (answer.status, answer.code) == (503, 373)
    assert house.ask("SELECT 1", session_id="mine", token=TOKEN).status == 200, "writers have sessions of their own"
    caller.close()
    eventually(lambda: house.ask("SELECT 1", session_id="mine").status == 200, "the session is never free again")


def test_a_session_is_free_before_its_caller_knows_the_end(house: House) -> None:
    writer = clickhouse_connect.get_client(host="127.0.0.1", port=house.door.port, password=TOKEN)
    for number in range(50):
        assert writer.query(f"SELECT {number}").result_rows == [(number,)]
        writer.command("SELECT 1")


def test_settings_of_a_request_end_with_it_and_those_of_set_stay(house: House) -> None:
    house.write("SET max_threads = 1", session_id="s")
    asks = "SELECT getSetting('max_threads'), getSetting('join_use_nulls')"
    assert house.write(asks, session_id="s", join_use_nulls=1).text == "1\ttrue\n"
    assert house.write(asks, session_id="s").text == "1\tfalse\n"


# --- whole and broken answers

FORMATS = ("Native", "CSVWithNames", "ArrowStream", "RowBinaryWithNamesAndTypes", "JSONEachRow", "TSV")


def test_long_answers_stream_in_bounded_memory(tmp_path: Path) -> None:
    """A server of its own answers with 800 MB and grows by what is under way, not by the answer."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        port = int(server.stdout.readline())

        def resident() -> int:
            lines = Path(f"/proc/{server.pid}/status").read_text(encoding="ascii").splitlines()
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))

        if not Path(f"/proc/{server.pid}/status").exists():
            pytest.skip("memory is measured with /proc")

        def take(output: str, rows: int) -> tuple[int, int]:
            """Size of an answer, and the most memory while it was taken."""
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            sql = f"SELECT number, repeat(toString(number), 20) AS text FROM numbers({rows}) FORMAT {output}"
            connection.request("POST", "/?output_format_arrow_compression_method=none", sql)
            answer = connection.getresponse()
            assert answer.status == 200
            size = most = 0
            while piece := answer.read(1 << 20):
                size += len(piece)
                most = max(most, resident())
            connection.close()
            return size, most

        take("Native", 300_000)
        before = resident()
        for output in ("Native", "CSVWithNames", "ArrowStream"):
            size, most = take(output, 6_000_000)
            assert size > 800_000_000, output
            assert most - before < 350_000_000, output
    finally:
        server.communicate("")
    assert server.returncode == 0


@pytest.mark.parametrize("output", FORMATS)
def test_two_million_rows_are_all_there(house: House, output: str) -> None:
    sql = "SELECT number, toString(number) AS text FROM numbers(2000000)"
    got = house.ask(f"{sql} FORMAT {output}").body
    connection = house.engine.connection("", {})
    whole = connection.query(sql, output).bytes()
    connection.close()
    if output == "ArrowStream":
        assert pa.ipc.open_stream(got).read_all().equals(pa.ipc.open_stream(whole).read_all())
    elif output == "Native":
        table = connection_rows(house, got)
        assert table == (2_000_000, sum(range(2_000_000)))
    else:
        assert got == whole


def connection_rows(house: House, native: bytes) -> tuple[int, int]:
    """Rows and their sum of an answer in Native, as the engine reads it back."""
    house.write("CREATE OR REPLACE TABLE read_back (number UInt64, text String) ENGINE = Memory")
    house.write(b"INSERT INTO read_back FORMAT Native\n" + native)
    rows, total = house.rows("SELECT toUInt32(count()), toFloat64(sum(number)) FROM read_back")[0]
    house.write("DROP TABLE read_back")
    return int(str(rows)), int(float(str(total)))


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("CSVWithNames", b'"n","s"\n'),
        ("TSVWithNamesAndTypes", b"n\ts\nUInt64\tString\n"),
        ("JSONEachRow", b""),
        ("RowBinaryWithNamesAndTypes", b"\x02\x01n\x01s\x06UInt64\x06String"),
    ],
)
def test_an_answer_without_rows_still_names_its_columns(house: House, output: str, expected: bytes) -> None:
    for statement in (
        "SELECT n, s FROM numbered WHERE n > 1e9 -- none",
        "WITH 1 AS x SELECT n, s FROM numbered WHERE n > 1e9",
    ):
        assert house.ask(statement, default_format=output).body == expected
    arrow = house.ask("SELECT n, s FROM numbered WHERE n > 1e9 FORMAT ArrowStream").body
    assert pa.ipc.open_stream(arrow).read_all().column_names == ["n", "s"]


def broken(output: str = "TSV") -> str:
    return f"SELECT number, throwIf(number = 900000, 'broken on purpose') AS t FROM numbers(1000000) FORMAT {output}"


def test_an_error_in_the_middle_breaks_the_answer_off_and_is_logged_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(http.client.IncompleteRead) as cut_short:
        house.ask(broken())
    body = cut_short.value.partial
    assert body.startswith(b"0\t0\n")
    assert b"__exception__" in body
    assert b"Code: 395. DB::Exception" in body[-600:]
    assert len([record for record in caplog.records if "395" in str(record.__dict__.get("error"))]) == 1
    assert not [record for record in caplog.records if record.exc_info]
    assert house.rows("SELECT 1") == [[1]]


def test_clickhouse_connect_raises_what_broke_an_answer(house: House) -> None:
    for compress in (False, "gzip", "lz4", "zstd"):
        reader = clickhouse_connect.get_client(host="127.0.0.1", port=house.door.port, compress=compress)
        statement = broken().replace(" FORMAT TSV", "")
        with pytest.raises(ClickHouseError), reader.query_row_block_stream(statement) as blocks:
            for _ in blocks:
                pass


def test_wait_end_of_query_tells_errors_by_status(house: House) -> None:
    answer = house.ask(broken(), wait_end_of_query=1)
    assert (answer.status, answer.code) == (500, 395)
    assert house.ask("SELECT 1", wait_end_of_query=1).text == "1\n"


# --- requests


def test_head_and_what_is_not_there(house: House) -> None:
    head = house.ask(method="HEAD", query="SELECT 1")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["x-clickhouse-format"] == "TabSeparated"
    assert house.ask("SELECT 1", method="PUT").status == 405
    assert house.ask("SELECT 1", path="/play").status == 404
    assert house.ask(b"x", headers={"Content-Encoding": "br"}).code == 271
    assert house.ask("SELECT 1 FORMAT Dataframe").code == 73
    assert house.ask("SELECT 1", database="nowhere").code == 81
    assert house.ask("SELECT 1", token=TOKEN, database="nowhere").code == 81
    assert house.ask("SELECT 1", token=TOKEN, no_such_setting="1").code == 115
    assert house.ask("SELECT 1", token=TOKEN, **{"a = 1; DROP": "1"}).code == 115


def test_bodies_are_bounded_before_and_after_decompression(house: House) -> None:
    large = b"SELECT 1 --" + b" " * (2 << 20)
    assert house.ask(large).code == 307
    for encoding, pack in (("gzip", gzip.compress), ("lz4", lz4.frame.compress)):
        packed = pack(b"SELECT 1 -- " + bytes(200 << 20))
        assert house.ask(packed, headers={"Content-Encoding": encoding}).code == 307, encoding
        assert house.ask(pack(b"SELECT 1"), headers={"Content-Encoding": encoding}).text == "1\n"
        assert house.ask(pack(b"SELECT 1")[:-6], headers={"Content-Encoding": encoding}).status == 400
    assert house.ask(compressed(large), decompress=1).code == 307
    assert house.ask(compressed(b"SELECT 1")[:-1], decompress=1).code == 271
    assert house.ask(b"\x00" * 40, decompress=1).code == 271


def test_every_way_to_insert(house: House) -> None:
    house.write("CREATE OR REPLACE TABLE ways (n UInt32, s String) ENGINE = MergeTree ORDER BY n")
    rows = b"%d,a\n"
    house.write(b"INSERT INTO ways FORMAT CSV\n" + rows % 1)
    house.write(rows % 2, query="INSERT INTO ways FORMAT CSV")
    house.write(compressed(rows % 3), query="INSERT INTO ways FORMAT CSV", decompress=1)
    for number, (encoding, pack) in enumerate((("gzip", gzip.compress), ("lz4", lz4.frame.compress)), 4):
        answer = house.ask(
            pack(rows % number),
            token=TOKEN,
            query="INSERT INTO ways FORMAT CSV",
            headers={"Content-Encoding": encoding},
        )
        assert answer.status == 200
        assert json.loads(answer.headers["x-clickhouse-summary"])["written_rows"] == "1"
    house.write("INSERT INTO ways VALUES (6, 'a'), (7, 'FORMAT')")
    house.write("(8, 'a')", query="INSERT INTO ways VALUES")
    house.write("INSERT INTO ways SELECT number + 9, 'a' FROM numbers(3)")
    house.write("/* from a tool */ INSERT INTO ways (s, n) SETTINGS async_insert = 0 FORMAT TSV\na\t12\n")
    house.write('{"n": 13}\n{"n": 14, "s": "é"}', query="INSERT INTO ways FORMAT JSONEachRow", database="assay")
    sink = io.BytesIO()
    pq.write_table(pa.table({"n": pa.array([15], pa.uint32()), "s": ["p"]}), sink)
    house.write(sink.getvalue(), query="INSERT INTO ways FORMAT Parquet")
    house.write(b"\x10\x00\x00\x00\x01\xff", query="INSERT INTO ways FORMAT RowBinary")
    assert house.rows("SELECT groupArray(n) FROM (SELECT n FROM ways ORDER BY n)") == [[list(range(1, 17))]]
    assert house.ask("INSERT INTO ways FORMAT CSV\nno number,x\n", token=TOKEN).code == 27
    assert house.ask("INSERT INTO nowhere FORMAT CSV\n1\n", token=TOKEN).code == 60
    assert house.rows("SELECT count() FROM ways") == [[16]]


def test_a_large_insert_arrives(house: House) -> None:
    house.write("CREATE OR REPLACE TABLE large (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
    body = b"".join(b"%d,%d-text\n" % (n, n) for n in range(1_500_000))
    assert len(body) > 20 << 20
    house.write(b"INSERT INTO large FORMAT CSV\n" + body)
    assert house.rows("SELECT toUInt32(count()), toUInt32(uniqExact(n)) FROM large") == [[1_500_000, 1_500_000]]
    house.write("DROP TABLE large")


@pytest.mark.parametrize("value", ["a'b", 'a"b', "a\\\\b", "a;b", "ü€😀", "{x:String}", "a--b", ""])
def test_parameters_arrive_as_they_are(house: House, value: str) -> None:
    assert house.rows("SELECT {x:String}", param_x=value) == [[value.replace("\\\\", "\\")]]


def test_clickhouse_connect_with_forms_sessions_and_odd_values(house: House) -> None:
    odd = "a'b\"\\ \t\n;-- {x:String} /* ü */"
    for options in ({}, {"form_encode_query_params": True}, {"autogenerate_session_id": False}):
        reader = clickhouse_connect.get_client(host="127.0.0.1", port=house.door.port, database="assay", **options)
        got = reader.query("SELECT {x:String} AS x, {n:UInt64} AS n", parameters={"x": odd, "n": 2**63}).result_rows
        assert got == [(odd, 2**63)], options
        assert reader.query("SELECT %(x)s AS x", parameters={"x": odd}).result_rows == [(odd,)]
        assert reader.database == "assay"
        with reader.raw_stream("SELECT n FROM numbered ORDER BY n", fmt="TSV") as stream:
            assert stream.read().split() == [b"%d" % n for n in range(1000)]
        assert reader.query_arrow("SELECT n FROM numbered").num_rows == 1000
        reader.close()
    dsn = clickhouse_connect.get_client(dsn=f"http://default:{TOKEN}@127.0.0.1:{house.door.port}/assay")
    assert dsn.command("SELECT currentDatabase()") == "assay"


def test_what_grafana_asks(house: House) -> None:
    """Health, databases, tables, columns, then a time series: the shapes that its data source sends."""
    assert house.ask(method="GET", path="/ping").text == "Ok.\n"
    assert house.rows("SELECT version()")
    assert ["assay"] in house.rows("SELECT name FROM system.databases ORDER BY name")
    assert ["spans"] in house.rows("SELECT name FROM system.tables WHERE database = 'assay'", max_execution_time=60)
    assert house.rows("DESC TABLE assay.`spans`")
    series = house.rows(
        "SELECT toStartOfInterval(toDateTime(n), INTERVAL 60 second) AS time, count() AS value FROM numbered "
        "WHERE toDateTime(n) >= toDateTime(0) AND toDateTime(n) <= toDateTime(1e9) GROUP BY time ORDER BY time",
        session_id="grafana", output_format_json_quote_64bit_integers=1,
    )  # fmt: skip
    assert len(series) == 17
