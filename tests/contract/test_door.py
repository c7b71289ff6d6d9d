"""The door, with clients that know nothing of it: clickhouse-connect in another process, clickhouse-go, curl."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from assay.clock import SystemClock
from assay.config.model import DoorListener
from assay.config.model import Store as StoreSettings
from assay.store.door import Door, open_door
from assay.store.engine import Engine
from assay.store.migrate import migrate
from assay.store.store import open_store
from tests import tools

TOKEN = "a-token-that-may-write-0123456789"
ROWS = 2_000_000


@dataclass(frozen=True)
class Open:
    """A door, the engine behind it, and what readers must never see."""

    door: Door
    engine: Engine
    canary: Path

    @property
    def port(self) -> int:
        return self.door.port


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    folder = tmp_path_factory.mktemp("door")
    canary = folder / "canary.csv"
    canary.write_text("the-canary-sang\n")
    engine = Engine(str(folder / "db"), "assay")
    store = open_store(StoreSettings(dsn=f"chdb://{folder / 'db'}"))
    migrate(store, store.settings)
    store.command("CREATE TABLE numbers_kept (x UInt64, s String) ENGINE = MergeTree ORDER BY x")
    store.command(f"INSERT INTO numbers_kept SELECT number, toString(number) FROM numbers({ROWS})")
    store.command("CREATE TABLE go_rows (x UInt64, s String) ENGINE = MergeTree ORDER BY x")
    store.command("CREATE TABLE written (x UInt64) ENGINE = MergeTree ORDER BY x")
    door = open_door(
        engine,
        DoorListener(port=0, max_execution_seconds=5, max_concurrent_readers=4, max_result_rows=ROWS),
        write_token=TOKEN,
        clock=SystemClock(),
    )
    yield Open(door, engine, canary)
    door.stop()
    store.close()
    engine.close()


def client(opened: Open, *, password: str = "", **options):
    return clickhouse_connect.get_client(
        host="127.0.0.1", port=opened.port, database="assay", password=password, **options
    )


def curl(opened: Open, *arguments: str, path: str = "/") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a real curl."""
    if shutil.which("curl") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI has to run every test: curl is not installed")
        pytest.skip("curl is not installed")
    done = subprocess.run(
        ["curl", "-s", "-i", "--max-time", "20", *arguments, f"http://127.0.0.1:{opened.port}{path}"],
        capture_output=True,
        check=True,
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    return int(lines[0].split()[1]), {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}, body


OTHER_PROCESS = """
import json, sys, clickhouse_connect
port, token, compress = int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
reader = clickhouse_connect.get_client(host="127.0.0.1", port=port, database="assay", compress=compress)
said = {"sum": reader.query("SELECT sum(x) FROM numbers_kept WHERE x < {below:UInt64}", parameters={"below": 1000}).result_rows[0][0]}
with reader.query_row_block_stream("SELECT x, s FROM numbers_kept") as stream:
    said["streamed"] = sum(len(block) for block in stream)
said["arrow"] = reader.query_arrow("SELECT x FROM numbers_kept WHERE x < 500000").num_rows
writer = clickhouse_connect.get_client(host="127.0.0.1", port=port, database="assay", password=token, compress=compress)
writer.insert("written", [[n] for n in range(1000)], column_names=["x"])
try:
    reader.insert("written", [[1]], column_names=["x"])
    said["reader_insert"] = 0
except Exception as error:
    said["reader_insert"] = getattr(error, "code", -1)
print(json.dumps(said))
"""


@pytest.mark.parametrize("compress", [False, True, "lz4", "zstd", "gzip"])
def test_clickhouse_connect_in_another_process_reads_streams_and_writes(opened, compress):
    owner = client(opened, password=TOKEN)
    before = owner.query("SELECT count() FROM written").result_rows[0][0]
    done = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS, str(opened.port), TOKEN, json.dumps(compress)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == {"sum": 499_500, "streamed": ROWS, "arrow": 500_000, "reader_insert": 164}
    assert owner.query("SELECT count() FROM written").result_rows[0][0] == before + 1000


def test_clickhouse_go_over_http_reads_inserts_with_the_token_and_gets_error_codes(opened):
    program = tools.require(lambda: tools.go_build(Path(__file__).parent / "door_go"))
    done = subprocess.run(
        [str(program), f"127.0.0.1:{opened.port}", TOKEN], capture_output=True, text=True, check=True, timeout=120
    )
    said = json.loads(done.stdout)
    for method in ("none", "lz4", "gzip"):
        assert said[f"read_{method}"] == [199_900, "xxx", 0]
        assert said[f"insert_{method}"] == 0
    assert (said["refused"], said["unknown_table"], said["wrong_token"]) == (164, 60, 516)
    kept = client(opened).query("SELECT s, count() FROM go_rows GROUP BY s ORDER BY s").result_rows
    assert [tuple(row) for row in kept] == [("gzip", 1000), ("lz4", 1000), ("none", 1000)]


def test_curl_ping_and_replicas_status(opened):
    for path in ("/ping", "/replicas_status", "/"):
        assert curl(opened, path=path)[::2] == (200, b"Ok.\n")


def test_curl_get_and_post_with_formats_and_parameters(opened):
    assert curl(opened, path="/?query=SELECT+1")[2] == b"1\n"
    status, headers, body = curl(opened, "--data-binary", "SELECT {a:UInt8} + 1 AS b FORMAT JSON", path="/?param_a=4")
    assert (status, json.loads(body)["data"], headers["content-type"]) == (
        200,
        [{"b": 5}],
        "application/json; charset=UTF-8",
    )
    assert {
        "x-clickhouse-query-id",
        "x-clickhouse-summary",
        "x-clickhouse-timezone",
        "x-clickhouse-format",
    } <= headers.keys()
    assert (
        curl(opened, "--data-binary", "x FROM numbers_kept ORDER BY x LIMIT 1", path="/?query=SELECT&database=assay")[2]
        == b"0\n"
    )
    assert (
        curl(opened, "-H", "X-ClickHouse-Format: CSVWithNames", "--data-binary", "SELECT 1 AS a, 'b' AS c")[2]
        == b'"a","c"\n1,"b"\n'
    )
    assert curl(opened, "--data-binary", "SELECT 1", path="/?query_id=mine")[1]["x-clickhouse-query-id"] == "mine"


def test_curl_gets_clickhouse_errors(opened):
    status, headers, body = curl(opened, "--data-binary", "SELECT * FROM nowhere")
    assert (status, headers["x-clickhouse-exception-code"]) == (404, "60")
    assert body.startswith(b"Code: 60. DB::Exception: ")
    assert curl(opened, "--data-binary", "SELEC 1")[1]["x-clickhouse-exception-code"] in {"62", "164"}


def test_curl_inserts_with_the_token_and_not_without(opened):
    for auth in (
        ["-u", f"default:{TOKEN}"],
        ["-H", f"X-ClickHouse-Key: {TOKEN}"],
        ["-H", f"Authorization: Bearer {TOKEN}"],
    ):
        status, headers, _ = curl(
            opened, *auth, "--data-binary", "1\n2\n3\n", path="/?query=INSERT+INTO+written+FORMAT+CSV"
        )
        assert (status, json.loads(headers["x-clickhouse-summary"])["written_rows"]) == (200, "3")
    assert curl(opened, "--data-binary", "1\n", path="/?query=INSERT+INTO+written+FORMAT+CSV")[:2][0] == 403
    status, headers, _ = curl(opened, "-u", "default:wrong", "--data-binary", "SELECT 1")
    assert (status, headers["x-clickhouse-exception-code"]) == (403, "516")


@pytest.mark.parametrize(
    "output",
    [
        "Native",
        "CSVWithNames",
        "TSVWithNamesAndTypes",
        "RowBinaryWithNamesAndTypes",
        "JSONEachRow",
        "ArrowStream",
        "JSON",
        "Parquet",
    ],
)
def test_a_streamed_answer_is_the_same_as_one_in_one_piece(opened, output):
    sql = "SELECT x, s FROM numbers_kept WHERE x < 300000 ORDER BY x"
    through_door = client(opened).raw_query(sql, fmt=output)
    connection = opened.engine.connection("assay", {})
    whole = connection.query(sql, output).bytes()
    connection.close()
    if output in {"ArrowStream", "Parquet", "JSON"}:
        assert _rows_of(through_door, output) == _rows_of(whole, output)
    else:
        assert through_door == whole


def _rows_of(data: bytes, output: str) -> object:
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    if output == "JSON":
        return json.loads(data)["data"]
    table = pa.ipc.open_stream(data).read_all() if output == "ArrowStream" else pq.read_table(io.BytesIO(data))
    return table.num_rows, sum(table["x"].to_pylist())


WRITINGS = ("{0}({1})", "{2}({1})", "`{0}`({1})", '"{0}"({1})', "{0} /* x */ ({1})", "{0}\n-- y\n({1})")


@pytest.mark.parametrize("name", ["file", "url", "s3", "remote", "remoteSecure", "executable", "mysql", "postgresql", "sqlite", "hdfs", "python", "cluster", "loop", "input", "deltaLake", "iceberg", "mongodb", "redis", "odbc", "jdbc"])  # fmt: skip
def test_readers_reach_no_file_no_other_host_and_no_process_however_it_is_written(opened, name):
    reader = client(opened)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        port = listener.getsockname()[1]
        arguments = {
            "file": f"'{opened.canary}', 'CSV', 'a String'", "url": f"'http://127.0.0.1:{port}/x', 'CSV', 'a String'",
            "s3": f"'http://127.0.0.1:{port}/bucket/x', 'CSV'", "remote": f"'127.0.0.1:{port}', 'system.one'", "executable": "'cat', 'CSV', 'a String'",
            "sqlite": f"'{opened.canary}', 't'", "python": "secret", "mysql": f"'127.0.0.1:{port}', 'd', 't', 'u', 'p'",
        }.get(name, f"'127.0.0.1:{port}', 'd', 't', 'u', 'p'")  # fmt: skip
        for writing in WRITINGS:
            call = writing.format(name, arguments, name.upper())
            for statement in (
                f"SELECT * FROM {call}",
                f"WITH x AS (SELECT * FROM {call}) SELECT * FROM (SELECT * FROM x)",
                f"SELECT ({call})",
                f"DESCRIBE TABLE {call}",
            ):
                with pytest.raises(ClickHouseError) as refused:
                    reader.raw_query(statement)
                assert "the-canary-sang" not in str(refused.value)
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize(
    "statement",
    ["DROP TABLE written", "INSERT INTO written VALUES (1)", "CREATE TABLE z (x UInt8) ENGINE = Memory", "ALTER TABLE written DELETE WHERE 1",
     "TRUNCATE TABLE written", "SYSTEM SHUTDOWN", "KILL QUERY WHERE 1", "GRANT ALL ON *.* TO x", "SELECT 1; DROP TABLE written", "/* x */ DROP TABLE written",
     "SELECT 1 INTO OUTFILE '/tmp/assay-door-test'", "SELECT 1 SETTINGS readonly = 0", "SET readonly = 0", "OPTIMIZE TABLE written", "ATTACH TABLE z", "BACKUP TABLE written TO Disk('x', 'y')",
     "EXPLAIN SELECT * FROM file('/etc/passwd')", "CREATE FUNCTION f AS x -> x", "CREATE TEMPORARY TABLE z (x UInt8)", "DELETE FROM written WHERE 1"],
)  # fmt: skip
def test_readers_change_nothing(opened, statement):
    with pytest.raises(ClickHouseError):
        client(opened).raw_query(statement)
    assert not Path("/tmp/assay-door-test").exists()
    assert (
        client(opened)
        .query("SELECT count() FROM system.tables WHERE database = 'assay' AND name IN ('written', 'z')")
        .result_rows[0][0]
        == 1
    )


def test_limits_of_readers_are_kept_and_can_only_be_lowered(opened):
    slow = "SELECT count() FROM numbers(100000000000) WHERE NOT ignore(sipHash64(number))"
    assert curl(opened, "--data-binary", slow)[1]["x-clickhouse-exception-code"] == "159"
    assert (
        curl(opened, "--data-binary", slow, path="/?max_execution_time=3600")[1]["x-clickhouse-exception-code"] == "159"
    )
    assert (
        curl(opened, "--data-binary", "SELECT x FROM numbers_kept", path="/?max_result_rows=10")[1][
            "x-clickhouse-exception-code"
        ]
        == "396"
    )
    assert (
        curl(opened, "--data-binary", "SELECT 1", path="/?max_memory_usage=0&allow_ddl=1")[1][
            "x-clickhouse-exception-code"
        ]
        == "452"
    )


def test_sessions(opened):
    token = ["-u", f"default:{TOKEN}"]
    assert (
        curl(opened, *token, "--data-binary", "CREATE TEMPORARY TABLE mine (x UInt8)", path="/?session_id=a")[0] == 200
    )
    assert curl(opened, *token, "--data-binary", "SELECT count() FROM mine", path="/?session_id=a")[2] == b"0\n"
    assert curl(opened, *token, "--data-binary", "SELECT count() FROM mine")[1]["x-clickhouse-exception-code"] == "60"
    assert (
        curl(opened, "--data-binary", "SELECT 1", path="/?session_id=unknown&session_check=1")[1][
            "x-clickhouse-exception-code"
        ]
        == "372"
    )
    assert curl(opened, "--data-binary", "SET session_timezone = 'Asia/Tokyo'", path="/?session_id=b")[0] == 200
    assert curl(opened, "--data-binary", "SELECT timezone()", path="/?session_id=b")[2] == b"Asia/Tokyo\n"


def test_a_refused_statement_leaves_writing_at_work(opened):
    owner = client(opened, password=TOKEN)
    before = owner.query("SELECT count() FROM written").result_rows[0][0]
    failures: list[BaseException] = []

    def write() -> None:
        try:
            mine = client(opened, password=TOKEN)
            for _ in range(20):
                mine.insert("written", [[n] for n in range(100)], column_names=["x"])
        except (ClickHouseError, OSError) as error:
            failures.append(error)

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    reader = client(opened)
    refused = 0
    while any(writer.is_alive() for writer in writers):
        with pytest.raises(ClickHouseError):
            reader.raw_query("SELECT * FROM file('/etc/passwd')")
        refused += 1
    for writer in writers:
        writer.join()
    assert failures == []
    assert refused > 0
    assert owner.query("SELECT count() FROM written").result_rows[0][0] == before + 6000


def test_an_error_in_the_middle_of_an_answer_breaks_the_stream(opened):
    done = subprocess.run(
        ["curl", "-s", "--max-time", "20", "--data-binary", "SELECT throwIf(number = 1500000), s FROM numbers_kept JOIN numbers(2000000) AS n ON n.number = x", f"http://127.0.0.1:{opened.port}/?max_block_size=1000&default_format=TSV"],
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0 or b"Code: 395" in done.stdout


def test_clients_that_ask_for_native_compression_both_ways(opened):
    from assay.store.door.frames import compressed, decompressed

    sent = compressed(b"SELECT x FROM numbers_kept WHERE x < 3 ORDER BY x FORMAT TSV")
    request = subprocess.run(
        ["curl", "-s", "--data-binary", "@-", f"http://127.0.0.1:{opened.port}/?compress=1&decompress=1"],
        input=sent,
        capture_output=True,
        check=True,
    )
    assert decompressed(request.stdout, limit_bytes=1000) == b"0\n1\n2\n"
    broken = bytes([sent[0] ^ 1]) + sent[1:]
    request = subprocess.run(
        ["curl", "-s", "--data-binary", "@-", f"http://127.0.0.1:{opened.port}/?decompress=1"],
        input=broken,
        capture_output=True,
        check=True,
    )
    assert b"Checksum" in request.stdout
