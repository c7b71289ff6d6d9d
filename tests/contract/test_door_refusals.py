"""What readers may not do, in every writing: whatever reaches files, other hosts or processes ends in a refusal."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.store.door.access import SHOWN_SYSTEM_TABLES
from tests.contract.door_kit import LONG, TOKEN, House, eventually, leave_behind, open_house, running

CANARY = "canary-that-nobody-may-read"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    opened = open_house(tmp_path_factory.mktemp("refusals"))
    (opened.folder / "canary.csv").write_text(f"{CANARY}\n")
    yield opened
    opened.door.stop()
    opened.engine.close()


@pytest.fixture(scope="module")
def canary(house: House) -> Path:
    return house.folder / "canary.csv"


@pytest.fixture
def trap() -> Iterator[tuple[int, list[object]]]:
    """A listener that nobody may ever reach: its port, and who came."""
    came: list[object] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, who = listener.accept()
            except OSError:
                return
            came.append(who)
            connection.close()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield listener.getsockname()[1], came
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def writings(canary: Path) -> list[str]:
    """Ways to write a call of `file` that the engine understands (each one read the file at some time)."""
    path = str(canary)
    return [
        f"SELECT file('{path}')",
        f"select file ('{path}')",
        f"SELECT file/**/('{path}')",
        f"SELECT file -- a comment\n('{path}')",
        f"SELECT file # a comment\n('{path}')",
        f"SELECT file #!a comment\n('{path}')",
        f"SELECT file // '\n('{path}')",
        f"SELECT file /* /* */ ('x') */ ('{path}')",
        f"SELECT `file`('{path}')",
        f"SELECT \"file\"('{path}')",
        f"SELECT `\\x66ile`('{path}')",
        f"SELECT \"f\\x69le\"('{path}')",
        f"SELECT “file”('{path}')",
        f"SELECT file\u200b('{path}')",
        f"SELECT file\u00a0('{path}')",
        f"SELECT file\u2060('{path}')",
        f"SELECT file($${path}$$)",
        f"SELECT file($x${path}$x$)",
        f"SELECT * FROM (SELECT (SELECT file('{path}')))",
        f"WITH (SELECT file('{path}')) AS x SELECT x",
        f"WITH x AS (SELECT file('{path}')) SELECT * FROM x",
        f"FROM (SELECT '{path}' AS p) SELECT file(p)",
        f"(SELECT file('{path}'))",
        f"SELECT 1 UNION ALL SELECT length(file('{path}'))",
        f"SELECT arrayMap(file, ['{path}'])",
        f"SELECT arrayMap(`file`, ['{path}'])",
        f"SELECT arrayMap(x -> file(x), ['{path}'])",
        f"WITH (x -> file(x)) AS f SELECT arrayMap(f, ['{path}'])",
        f"SELECT * APPLY(file) FROM (SELECT '{path}')",
        f"SELECT * APPLY file FROM (SELECT '{path}')",
        f"SELECT * APPLY(x -> file(x)) FROM (SELECT '{path}')",
        f"SELECT 1 WHERE file('{path}') LIKE 'canary%'",
        f"SELECT 1 ORDER BY file('{path}')",
        f"EXPLAIN SYNTAX SELECT file('{path}')",
        f"EXPLAIN QUERY TREE SELECT file('{path}')",
        f"EXPLAIN PLAN actions = 1 SELECT file('{path}')",
        f"DESCRIBE (SELECT file('{path}'))",
        f"SELECT * FROM view(SELECT file('{path}'))",
        f"SELECT * FROM eval('SELECT file(\\'{path}\\')')",
        f"SELECT 1; SELECT file('{path}')",
        f"SELECT throwIf(1, file('{path}'))",
    ]


def test_every_writing_of_a_call_is_refused(house: House, canary: Path) -> None:
    wrong = {}
    for statement in writings(canary):
        answer = house.ask(statement)
        if answer.status == 200 or answer.code != 164 or CANARY in answer.text:
            wrong[statement] = (answer.code, answer.text[:200])
    assert not wrong


def test_the_canary_can_be_read_where_nothing_refuses(house: House, canary: Path) -> None:
    """The statements above would work without the door's refusal: the engine alone lets most of them through."""
    connection = house.engine.connection("", {"allow_ddl": 0, "readonly": 1})
    read = 0
    for statement in writings(canary):
        try:
            answer = connection.query(statement, "TSV")
        except RuntimeError:
            continue
        read += CANARY in str(answer.bytes())
    connection.close()
    assert read > 20


@pytest.mark.parametrize("value", ["file", "FILE", " file", "`file`", "f\\x69le", '"file"'])
def test_a_parameter_cannot_name_the_function(house: House, canary: Path, value: str) -> None:
    answer = house.ask(f"SELECT arrayMap({{f:Identifier}}, ['{canary}'])", param_f=value)
    assert answer.status != 200
    assert CANARY not in answer.text


def test_nothing_reads_a_file_as_a_table(house: House, canary: Path) -> None:
    for database in ("", "default", "assay", "system"):
        for table in (f"`{canary}`", f"'{canary}'", f"default.`{canary}`", "{t:Identifier}", f"`{canary.name}`"):
            answer = house.ask(f"SELECT * FROM {table}", database=database, param_t=str(canary))
            assert answer.status != 200, (database, table)
            assert CANARY not in answer.text


def test_no_table_function_reaches_out(house: House, canary: Path, trap: tuple[int, list[object]]) -> None:
    """Each table function that the engine has, with arguments that fit some; those that read nothing but rows are named."""
    port, came = trap
    harmless = {
        "generaterandom", "generateseries", "generate_series", "mergetreeanalyzeindexes",
        "mergetreeanalyzeindexesuuid", "mergetreecodecblockcounts", "mergetreeindex", "mergetreeprojection",
        "mergetreetextindex", "null", "numbers", "numbers_mt", "primes", "sqlstandardvalues", "values", "view",
    }  # fmt: skip
    names = [str(row[0]) for row in house.rows("SELECT name FROM system.table_functions ORDER BY name")]
    assert len(names) > 80
    arguments = (
        f"'{canary}'", f"'{canary}', 'LineAsString'", f"'http://127.0.0.1:{port}/x.csv'", f"'127.0.0.1:{port}', 'd', 't', 'u', 'p'",
        f"'http://127.0.0.1:{port}/b/x.csv', 'CSV'", f"'127.0.0.1:{port}', system.one", "'script', 'CSV', 'a String'", "",
    )  # fmt: skip
    wrong = []
    for name in names:
        if name.lower() in harmless:
            continue
        for argument in arguments:
            for statement in (
                f"SELECT * FROM {name}({argument})",
                f"DESCRIBE TABLE {name}({argument})",
                f"SELECT * FROM /* */ `{name.upper()}` ({argument})",
            ):
                answer = house.ask(statement)
                if answer.status == 200 or answer.code not in {164, 62} or CANARY in answer.text:
                    wrong.append((statement, answer.code, answer.text[:120]))
    assert not wrong
    assert not came


def test_no_scalar_function_reaches_out(house: House, canary: Path, trap: tuple[int, list[object]]) -> None:
    """Every function of the engine is called with a path and with an address; none opens either."""
    port, came = trap
    names = [
        str(row[0]) for row in house.rows("SELECT name FROM system.functions WHERE NOT is_aggregate ORDER BY name")
    ]
    assert len(names) > 1000
    leaks = []
    for name in names:
        for argument in (f"'{canary}'", f"'http://127.0.0.1:{port}/x'"):
            answer = house.ask(f"SELECT {name}({argument})", max_execution_time=5)
            if CANARY in answer.text:
                leaks.append((name, argument))
    assert not leaks
    assert not came


def test_what_is_not_a_read_is_refused(house: House) -> None:
    before = house.rows("SELECT count(), sum(n) FROM numbered")
    for statement in (
        "SELECT 1 PARALLEL WITH DROP TABLE numbered FORMAT JSON",
        "INSERT INTO numbered VALUES (1, 'x')",
        "INSERT INTO numbered FORMAT CSV\n1,x\n",
        "insert into numbered select 1, 'x'",
        "/* */ INSERT INTO numbered VALUES (1, 'x')",
        "WITH 1 AS x INSERT INTO numbered SELECT x, 'x'",
        "EXPLAIN INSERT INTO FUNCTION file('/tmp/never', 'CSV', 'a Int8') SELECT 1",
        "INSERT INTO FUNCTION url('http://127.0.0.1:1/', 'CSV', 'a Int8') VALUES (1)",
        "CREATE TABLE never (a Int8) ENGINE = Memory",
        "CREATE TEMPORARY TABLE never (a Int8)",
        "CREATE FUNCTION never AS (x) -> file(x)",
        "CREATE DICTIONARY never (a Int8) PRIMARY KEY a SOURCE(FILE(path 'x' format 'CSV')) LAYOUT(FLAT()) LIFETIME(1)",
        "ALTER TABLE numbered DELETE WHERE 1",
        "DELETE FROM numbered WHERE 1",
        "UPDATE numbered SET s = '' WHERE 1",
        "TRUNCATE TABLE numbered",
        "DROP TABLE numbered",
        "DROP DATABASE assay",
        "RENAME TABLE numbered TO never",
        "OPTIMIZE TABLE numbered FINAL",
        "ATTACH TABLE never FROM '/tmp' (a Int8) ENGINE = File(CSV)",
        "DETACH TABLE numbered",
        "BACKUP TABLE numbered TO File('/tmp/never')",
        "RESTORE TABLE numbered FROM File('/tmp/never')",
        "SYSTEM SHUTDOWN",
        "SYSTEM STOP MERGES",
        "SYSTEM FLUSH LOGS",
        "KILL QUERY WHERE 1",
        "kill/**/query where 1 sync",
        "GRANT ALL ON *.* TO default",
        "CREATE USER u",
        "EXECUTE AS default SELECT 1",
        "BEGIN TRANSACTION",
        "SELECT 1; DROP TABLE numbered",
        "SELECT 1;;DROP TABLE numbered",
        "SELECT 1 PARALLEL WITH DROP TABLE numbered",
        "",
        " -- nothing but a comment",
    ):
        answer = house.ask(statement or " ")
        assert answer.status >= 400, statement
        assert answer.code in {164, 62}, (statement, answer.text)
    assert house.rows("SELECT count(), sum(n) FROM numbered") == before


@pytest.mark.parametrize(
    "tail",
    [
        "INTO OUTFILE '{}'",
        "into/**/outfile '{}'",
        "INTO OUTFILE '{}' TRUNCATE FORMAT CSV",
        "UNION ALL SELECT 2 INTO OUTFILE '{}'",
    ],
)
@pytest.mark.parametrize("head", ["SELECT 1", "EXPLAIN SELECT 1", "SHOW TABLES", "WITH 1 AS x SELECT x"])
def test_no_answer_goes_into_a_file(house: House, head: str, tail: str) -> None:
    target = house.folder / "written"
    assert house.ask(f"{head} {tail.format(target)}").code in {164, 62}
    assert not target.exists()


def test_settings_cannot_be_smuggled(house: House, canary: Path) -> None:
    smuggled = {"format_template_resultset": str(canary), "format_schema": f"{canary}:M", "dialect": "kusto", "readonly ": "0",
                "output_format_schema": str(house.folder / "written"),
        "input_format_record_errors_file_path": str(house.folder / "written"), "allow_ddl": "1",
                "allow_experimental_eval_table_function": "1", "enable_trino_dialect": "1", "user_files_path": "/",
                "format_avro_schema_registry_url": "http://127.0.0.1:1", "profile": "default",
                "format_display_secrets_in_show_and_select": "1", "max_threads,readonly": "0"}  # fmt: skip
    for name, value in smuggled.items():
        answer = house.ask("SELECT 1 AS a FORMAT Template", **{name: value})
        assert answer.code == 452, (name, answer.text)
        assert house.ask(f"SET {name} = '{value}'", session_id="smuggler").code in {452, 164, 53, 62}, name
        for asks in ("SELECT 1 SETTINGS {} = '{}'", "SELECT * FROM (SELECT 1 /* */ settings {} = '{}')"):
            assert house.ask(asks.format(name, value)).code in {164, 62}, name
    for clause in ("final", "final, max_threads = 1", "final UNION ALL SELECT 1", "`max_threads` = 1"):
        assert house.ask(f"SELECT * FROM (SELECT 1 SETTINGS {clause})").code == 164, clause
    assert house.rows("SELECT count() > 100 FROM (SELECT s.name AS settings FROM system.settings s)") == [[1]]
    for statement in (
        "SET readonly = 0",
        "SET readonly = 2, max_threads = 1",
        "SET max_threads = 1, readonly = 0",
        "/* */ set `readonly` = 0",
        "SET max_threads = 1, profile = 'default'",
        "SET readonly = DEFAULT",
        "SET readonly",
        "SET",
        "SET allow_ddl = 1",
        "SET param_f = 'file'",
        "SET additional_table_filters = ''",
    ):
        for parameters in ({}, {"session_id": "smuggler"}):
            assert house.ask(statement, **parameters).code in {452, 62, 164}, statement
        assert house.ask("DROP TABLE numbered", session_id="smuggler").code == 164
    assert house.ask("SET max_threads = 1, join_use_nulls = '1'", session_id="smuggler").status == 200
    asks = "SELECT getSetting('max_threads'), getSetting('join_use_nulls')"
    assert house.rows(asks, session_id="smuggler") == [[1, True]]
    assert house.rows("SELECT getSetting('readonly')", readonly="0", session_id="smuggler") == [[1]]
    assert house.rows("SELECT getSetting('max_memory_usage') > 0", max_memory_usage="0") == [[True]]
    assert CANARY not in house.ask("SELECT 1 AS a FORMAT Template", format_template_row=str(canary)).text


def test_the_settings_that_readers_may_set_name_no_file_and_no_host(house: House) -> None:
    """All settings of the engine are tried; what is accepted and sounds like a place is on this list, with the reason."""
    sound = (
        "path",
        "file",
        "url",
        "uri",
        "host",
        "dir",
        "command",
        "script",
        "secret",
        "registry",
        "schema",
        "dialect",
    )
    fine = {
        "input_format_parquet_local_file_min_bytes_for_seek",  # a size
        "output_format_avro_rows_in_file",  # a number of rows
        "input_format_json_use_string_type_for_ambiguous_paths_in_named_tuples_inference_from_objects",  # paths within JSON
        "optimize_count_from_files",  # of a table function that is refused
        "format_capn_proto_use_autogenerated_schema",  # whether one is made up
        "format_protobuf_use_autogenerated_schema",  # whether one is made up
    }
    names = [str(row[0]) for row in house.rows("SELECT name FROM system.settings")]
    accepted = []
    for name in names:
        place = any(word in name for word in sound) and "schema_inference" not in name
        if place and name not in fine and house.ask("SELECT 1", **{name: "x"}).code != 452:
            accepted.append(name)
    assert accepted == []


def test_readers_see_no_secret(house: House) -> None:
    for table in ("users", "roles", "grants", "named_collections", "settings_profiles", "quotas"):
        answer = house.ask(f"SELECT * FROM system.{table}")
        assert TOKEN not in answer.text
    processes = house.ask("SELECT * FROM system.processes FORMAT JSON").text
    assert TOKEN not in processes
    assert TOKEN not in house.ask("SELECT * FROM system.settings FORMAT JSON").text
    house.write("CREATE TABLE faraway (a Int8) ENGINE = MySQL('127.0.0.1:1', 'd', 't', 'u', 'hidden-password')")
    for statement in (
        "SHOW CREATE TABLE faraway",
        "SELECT create_table_query, engine_full FROM system.tables FORMAT JSON",
    ):
        assert "hidden-password" not in house.ask(statement).text
    house.write("DROP TABLE faraway")


def test_readers_see_no_statement_of_another_caller(house: House) -> None:
    """Statements carry texts of users; a reader sees its own and nothing of the engine's books about others."""
    secret = "a-text-of-another-caller"
    callers = [leave_behind(house, f"{LONG} AND '{secret}' = '{secret}'")]
    callers.append(leave_behind(house, f"{LONG} AND '{secret}' = '{secret}'", token=TOKEN))
    eventually(lambda: sum(secret in line for line in running(house)) == 2, "both statements at once")
    try:
        for statement in (
            "SELECT query FROM system.processes",
            "SHOW PROCESSLIST",
            "SHOW FULL PROCESSLIST",
            "SELECT * FROM system.processes AS `system.errors`",
            "SELECT * FROM system.processes AS p JOIN system.one ON 1",
            "WITH p AS (SELECT * FROM system.processes) SELECT * FROM p",
            "SELECT query FROM view(SELECT query FROM system.processes)",
            "SELECT * FROM (SELECT query FROM system.processes SETTINGS additional_table_filters = {})",
            "SELECT query FROM merge('system', 'processes')",
            "SELECT query FROM /**/ `merge` (system, '^proc')",
            "SELECT query FROM merge(REGEXP('sys.*'), 'processes')",
            "SELECT * FROM loop(system.processes) LIMIT 5",
            "SELECT query FROM information_schema.processes",
            "SELECT query FROM {t:Identifier}",
        ):
            answer = house.ask(statement, param_t="system.processes")
            assert f"{LONG} AND '{secret}'" not in answer.text.replace("\\'", "'"), statement
        assert house.rows("SELECT count() FROM system.processes") == [[1]]
        guess = f"SELECT count() FROM system.one WHERE 1 IN (SELECT 1 FROM system.processes WHERE position(query, 'another-{'caller'}') > 0 AND query NOT LIKE '%guess%') AND 'guess' = 'guess'"
        assert house.rows(guess) == [[0]]
        for table in (
            "errors",
            "user_processes",
            "query_cache",
            "stack_trace",
            "user_query_log",
            "asynchronous_inserts",
        ):
            assert house.ask(f"SELECT * FROM system.{table}").text == "", table
            assert house.ask(f"SELECT * FROM system.{table} AS `system.processes`").text == "", table
        assert house.ask("SELECT count() > 1 FROM system.processes", token=TOKEN).text == "1\n"
    finally:
        for caller in callers:
            caller.close()
        house.write(f"KILL QUERY WHERE position(query, '{secret}') > 0 AND query NOT LIKE 'KILL%' SYNC")


def test_every_table_of_the_engine_is_either_shown_or_empty(house: House) -> None:
    """Also tables that a later engine brings are empty to readers until somebody says otherwise."""
    names = [
        str(row[0]) for row in house.rows("SELECT name FROM system.tables WHERE database = 'system' ORDER BY name")
    ]
    assert len(names) > 100
    assert set(names) >= SHOWN_SYSTEM_TABLES
    hidden = [name for name in names if name not in {*SHOWN_SYSTEM_TABLES, "processes"}]
    answers = {name: house.ask(f"SELECT * FROM system.`{name}` LIMIT 1") for name in hidden}
    # What the engine does not answer at all: policies, symbols of the program, what needs a cluster.
    refused = {name for name, answer in answers.items() if answer.code in {139, 446, 497}}
    assert len(refused) < 20
    assert {name: answer.text for name, answer in answers.items() if answer.text and name not in refused} == {}


@pytest.mark.parametrize("secret", ["wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "ünïcode", "x" * 10_000])
def test_a_wrong_token_is_neither_a_writer_nor_a_reader(house: House, secret: str) -> None:
    answer = house.ask("SELECT 1", password=secret)
    assert (answer.status, answer.code) == (403, 516)
    assert "AUTHENTICATION_FAILED" in answer.text
    assert TOKEN not in answer.text


def test_a_broken_authorization_header_is_516(house: House) -> None:
    for value in ("Basic %%%", "Basic /w==", "Bearer wrong"):
        assert house.ask("SELECT 1", headers={"Authorization": value}).code == 516


def test_a_refused_statement_leaves_ingest_working(house: House, canary: Path) -> None:
    """Four writers insert while refused statements, broken ones and hungry ones fly: all rows arrive."""
    house.write("CREATE TABLE arrivals (w UInt8, n UInt32) ENGINE = MergeTree ORDER BY (w, n)")
    failures: list[str] = []
    done = threading.Event()

    def write(writer: int) -> None:
        for batch in range(15):
            lines = "".join(json.dumps({"w": writer, "n": batch * 100 + i}) + "\n" for i in range(100))
            answer = house.ask(f"INSERT INTO arrivals FORMAT JSONEachRow\n{lines}", token=TOKEN)
            if answer.status != 200:
                failures.append(answer.text)

    def disturb(statements: list[str]) -> None:
        while not done.is_set():
            limits = {"max_memory_usage": 20_000_000, "max_execution_time": 1}
            failures.extend(statement for statement in statements if house.ask(statement, **limits).status == 200)

    rude = [
        *writings(canary)[:12],
        "SELECT groupArray(number) FROM numbers(100000000)",
        "SELEC 1",
        "DROP TABLE arrivals",
    ]
    disturbers = [threading.Thread(target=disturb, args=(rude,)) for _ in range(3)]
    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in disturbers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in disturbers:
        thread.join()
    assert not failures
    assert house.rows("SELECT w, count(), uniqExact(n), sum(n) FROM arrivals GROUP BY w ORDER BY w") == [
        [writer, 1500, 1500, sum(range(1500))] for writer in range(4)
    ]
