"""Statements are judged and cut by their words, however they are written."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.store.door.statement import cut, tokens, why_refused


def words(statement: str) -> list[str]:
    return [token.text for token in tokens(statement)]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("a/* x */b", ["a", "b"]),
        ("a /* /* b */ c */ d", ["a", "d"]),
        ("a /* never closed b", ["a"]),
        ("a -- b\nc", ["a", "c"]),
        ("a // b\nc", ["a", "c"]),
        ("a # b\nc #!d\ne", ["a", "c", "e"]),
        ('`a``b` "c\\"d"', ["a`b", 'c"d']),
        ("'it''s' 'a\\'b'", ["'it''s'", "'a\\'b'"]),
        ("$$ a ' b $$ $x$ $$ $x$", ["$$ a ' b $$", "$x$ $$ $x$"]),
        ("'-- no comment' 1.5e3", ["'-- no comment'", "1.5e3"]),
        ("f(x)", ["f", "(", "x", ")"]),
    ],
)
def test_tokens(statement: str, expected: list[str]) -> None:
    assert words(statement) == expected


@given(st.text())
def test_every_character_is_in_a_token_or_between_two(statement: str) -> None:
    found = tokens(statement)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    assert all(token.start < token.end <= len(statement) for token in found)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT t.file FROM uploads AS t",
        "SELECT 'file(1)', `profile`(1), url FROM t WHERE url LIKE 'http%'",
        "SELECT count() FROM t -- file('x')",
        "SHOW TABLES",
        "EXPLAIN SELECT 1",
        "WITH 1 AS x SELECT x;",
        "(SELECT 1) UNION ALL (SELECT 2)",
        "SELECT \"naïve name\", 'ünïcode' FROM t",
    ],
)
def test_reads_are_not_refused(statement: str) -> None:
    assert why_refused(statement, (), {"url", "file"}) == ""


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("SELECT * FROM url('x')", "The function url is not available"),
        ("SELECT * FROM `URL` ('x')", "The function url is not available"),
        ("SELECT arrayMap(file, ['x'])", "The name file"),
        ("SELECT aiGenerateContent('x')", "The name aigeneratecontent"),
        ("SELECT “file”('x')", "inside quotes only"),
        ("SELECT 1; SELECT 2", "One statement at a time"),
        ("SELECT 1 INTO\nOUTFILE 'x'", "INTO OUTFILE"),
        ("DROP TABLE t", "Cannot execute DROP"),
        ("-- nothing", "empty"),
    ],
)
def test_what_is_refused_says_why(statement: str, reason: str) -> None:
    assert reason in why_refused(statement, (), {"url"})


def test_a_parameter_may_hold_the_word_where_it_is_no_name() -> None:
    assert why_refused("SELECT {x:String}", ["file"], ()) == ""
    assert "parameter" in why_refused("SELECT arrayMap({x:Identifier}, [1])", ["File"], ())


@pytest.mark.parametrize(
    ("text", "sql", "output"),
    [
        (b"SELECT 1 FORMAT JSON", "SELECT 1 ", "JSON"),
        (b"SELECT 1 format JSON;\n", "SELECT 1 ", "JSON"),
        (b"SELECT 1 FORMAT CSV SETTINGS max_threads = 1", "SELECT 1  SETTINGS max_threads = 1", "CSV"),
        (b"SELECT 'FORMAT JSON'", "SELECT 'FORMAT JSON'", ""),
        (b"SELECT format('{}', a) FROM t", "SELECT format('{}', a) FROM t", ""),
        (b"SELECT 1 -- FORMAT JSON", "SELECT 1 -- FORMAT JSON", ""),
        (b"SELECT 1 AS format", "SELECT 1 AS format", ""),
    ],
)
def test_cut_takes_the_format_off(text: bytes, sql: str, output: str) -> None:
    assert cut(text) == (sql, output, b"", False)


@pytest.mark.parametrize(
    ("text", "sql", "given_format", "data"),
    [
        (b"INSERT INTO t FORMAT CSV\n1,2\n", "INSERT INTO t ", "CSV", b"1,2\n"),
        (b"insert into t (format, b) format Native\r\n\n\xff", "insert into t (format, b) ", "Native", b"\n\xff"),
        (b"INSERT INTO t FORMAT CSV 1,2", "INSERT INTO t ", "CSV", b"1,2"),
        (
            b"/* by a tool */ INSERT INTO t FORMAT Native\n\x00\xff",
            "/* by a tool */ INSERT INTO t ",
            "Native",
            b"\x00\xff",
        ),
        (b"INSERT INTO t SETTINGS async_insert=0 FORMAT TSV\na", "INSERT INTO t SETTINGS async_insert=0 ", "TSV", b"a"),
        (b"INSERT INTO t FORMAT Values (1, 'FORMAT')", "INSERT INTO t ", "Values", b"(1, 'FORMAT')"),
    ],
)
def test_cut_finds_the_data_of_an_insert(text: bytes, sql: str, given_format: str, data: bytes) -> None:
    assert cut(text) == (sql, given_format, data, True)


@pytest.mark.parametrize(
    "text", ["INSERT INTO t VALUES (1)", "INSERT INTO t SELECT 1", "INSERT INTO t WITH 1 AS x SELECT x"]
)
def test_inserts_without_data_are_statements(text: str) -> None:
    assert cut(text.encode()) == (text, "", b"", False)


@pytest.mark.parametrize(
    "call",
    [
        "sleep(3)", "sleepEachRow(1)", "demangle('x')", "addressToLine(1)", "getServerSetting('x')", "getServerPort('tcp_port')",
        "serverUUID()", "showCertificate()", "fuzzQuery('SELECT 1')", "eval('SELECT 1')", "merge('db', 't')", "cluster('c', 'db', 't')",
        "clusterAllReplicas('c', 'db', 't')", "input('n UInt8')", "viewIfPermitted(SELECT 1 ELSE null('n UInt8'))",
        "mergeTreeIndex('db', 't')", "Sleep /* x */ (3)", "`sleep`(3)",
    ],
)  # fmt: skip
def test_calls_that_readonly_lets_through_are_refused(call: str) -> None:
    assert "is not available through the door" in why_refused(f"SELECT * FROM t WHERE {call}", (), ())
