"""Commands against a real embedded store with the demo's traffic in it, and their ways to fail."""

import importlib.util
import json
import re
import shlex
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from assay.cli.main import main, parser
from assay.clock import SystemClock
from assay.config.model import Config, Store
from assay.otlp.decode import Decoder
from assay.scorer.rollup import roll
from assay.simulate.cast import TENANTS
from assay.simulate.traffic import demo
from assay.store.migrate import migrate
from assay.store.parcel import parcel_of
from assay.store.store import open_store
from assay.store.write import Writer

ROOT = Path(__file__).parents[2]
TRACES = 120


def seeded(folder):
    """DSN of a folder that holds the demo's traffic, closed, so that a command can open it."""
    clock = SystemClock()
    settings = Store(dsn=f"chdb://{folder}")
    store = open_store(settings)
    try:
        migrate(store, settings)
        decoder = Decoder(Config().mapping, ())
        made = demo(seed=7, traces=TRACES, until_ns=clock.now_ns())
        Writer(store, clock).write([parcel_of(decoder.traces(request, workspace="default")) for request in made])
    finally:
        store.close()
    return settings.dsn


@pytest.fixture(scope="module")
def dsn(tmp_path_factory):
    """A store that every test may read."""
    return seeded(tmp_path_factory.mktemp("store"))


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch, tmp_path):
    for name in ("ASSAY_CONFIG", "ASSAY_STORE__DSN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(dsn, capsys):
    """Run a command; its exit code, what it printed, and what it complained about."""

    def call(*argv, store=dsn):
        code = main([*argv, "--dsn", store] if store else list(argv))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def found(run, *argv):
    code, out, _ = run("find", "--json", "--limit", "1000", *argv)
    return json.loads(out) if code == 0 else []


def test_query_prints_a_table_json_or_a_format(run):
    sql = "SELECT count() AS traces, 'x' AS x FROM traces"
    assert run("query", sql)[1].split() == ["traces", "x", str(TRACES), "x"]
    assert json.loads(run("query", sql, "--json")[1]) == [{"traces": TRACES, "x": "x"}]
    code, _, _ = run("query", sql, "--format", "CSVWithNames")
    assert code == 0


def test_times_in_json_have_their_zone(run):
    trace = found(run)[0]
    assert datetime.fromisoformat(trace["start_time"]).utcoffset() == timedelta()
    (row,) = json.loads(run("query", "SELECT start_time, toDate(start_time) AS day FROM traces LIMIT 1", "--json")[1])
    assert (row["start_time"][-6:], row["day"]) == ("+00:00", row["start_time"][:10])


def test_an_empty_statement_is_no_question_of_rights(run):
    code, out, err = run("query", " \n")
    assert (code, out, err[:32]) == (2, "", "assay: The statement is empty. W")


def test_a_refused_statement_is_one_sentence_with_the_code(run):
    code, out, err = run("query", "SELECT nope FROM traces")
    assert (code, out) == (2, "")
    assert err.startswith("assay: Code: 47")
    assert err.count("\n") == 1
    assert "SELECT nope" not in err


def test_not_a_number_becomes_null_in_json(run):
    assert json.loads(run("query", "SELECT nan AS n", "--json")[1]) == [{"n": None}]


def test_find_narrows_by_each_condition(run):
    everything = found(run)
    assert len(everything) == TRACES
    one = next(trace for trace in everything if trace["conversation_id"] and trace["service"] == "outfitters-help")
    same_user = found(run, "--user", one["user_id"])
    assert {trace["user_id"] for trace in same_user} == {one["user_id"]}
    assert len(same_user) < TRACES
    same_conversation = found(run, "--conversation", one["conversation_id"])
    assert {trace["conversation_id"] for trace in same_conversation} == {one["conversation_id"]}
    assert one["trace_id"] in {trace["trace_id"] for trace in same_conversation}
    assert {trace["service"] for trace in found(run, "--service", "shop-agent")} == {"shop-agent"}
    sonnet = found(run, "--model", "claude-sonnet-4-5-20250929")
    assert sonnet
    assert all("claude-sonnet-4-5-20250929" in trace["models"] for trace in sonnet)
    assert all(trace["duration_ms"] >= 3000 for trace in found(run, "--slow", "3000"))
    assert all(trace["cost_usd"] >= 0.003 for trace in found(run, "--expensive", "0.003"))
    assert all(trace["errors"] for trace in found(run, "--error"))
    shares = [len(found(run, "--label", f"tenant={tenant}")) for tenant in TENANTS]
    assert sum(shares) == TRACES
    assert all(shares)


def test_find_by_text_takes_all_words_in_any_case_in_question_or_answer(run):
    one = next(trace for trace in found(run, "--service", "outfitters-help") if len(trace["question"].split()) > 4)
    first, second = sorted(re.findall(r"[a-z]{4,}", one["question"]), key=len)[-2:]
    both = found(run, "--text", f"{first.upper()} {second}")
    assert one["trace_id"] in {trace["trace_id"] for trace in both}
    assert found(run, "--text", f"{first} unicorn") == []


def test_find_without_a_fit_exits_1_and_says_what_to_try(run):
    code, out, err = run("find", "--user", "nobody")
    assert (code, out) == (1, "")
    assert "--since 7d" in err


def test_trace_prints_the_pipeline_and_the_same_as_json(run):
    clean = [trace for trace in found(run, "--service", "outfitters-help") if not trace["errors"]]
    one = max((trace for trace in clean if "gpt-4o-2024-11-20" in trace["models"]), key=lambda trace: trace["spans"])
    code, out, _ = run("trace", one["trace_id"].upper())
    assert code == 0
    for word in ("ingress POST /api/answer", "retrieval", "✓ #1", "generation chat gpt-4o", "Q  ", "A  ", "tenant="):
        assert word in out
    assert "\x1b[" not in out
    whole = json.loads(run("trace", one["trace_id"], "--json")[1])
    assert whole["spans_total"] == one["spans"]
    assert whole["input_tokens"] == one["input_tokens"]
    assert whole["cost_usd"] == pytest.approx(one["cost_usd"])


def test_an_unknown_trace_exits_1(run):
    code, _, err = run("trace", "00" * 16)
    assert code == 1
    assert "assay find" in err


def test_top_splits_by_dimensions_and_one_cohort_label(run):
    rows = json.loads(run("top", "--by", "model,cohort:tenant", "--json", "--limit", "1000")[1])
    assert {row["cohort:tenant"] for row in rows} == set(TENANTS)
    assert all(row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"] for row in rows)
    assert [row["p99_ms"] for row in rows] == sorted((row["p99_ms"] for row in rows), reverse=True)
    calls = json.loads(run("query", "SELECT count() AS n FROM spans_live WHERE stage = 'generation'", "--json")[1])[0][
        "n"
    ]
    assert sum(row["spans"] for row in rows) == calls


def test_a_time_to_first_token_that_nobody_sent_is_absent_before_and_after_rollups_are_built(run, tmp_path):
    mine = seeded(tmp_path / "rolled")
    settings = Store(dsn=mine)
    sql = (
        "SELECT service, max(ttft_p99_ms) AS ttft FROM latency_percentiles WHERE stage = 'generation' GROUP BY service"
    )

    def seen():
        rows = json.loads(run("query", sql, "--json", store=mine)[1])
        top = json.loads(run("top", "--by", "service", "--json", store=mine)[1])
        return {row["service"]: row["ttft"] for row in rows}, {row["service"]: row["ttft_p95_ms"] for row in top}

    before = seen()
    store = open_store(settings)
    try:
        rolled = roll(store, lag_seconds=0.0)
    finally:
        store.close()
    assert rolled.slots + rolled.hours
    assert seen() == before
    for ttft in before:
        assert ttft["mail-intake"] is None
        assert ttft["outfitters-help"] > 0


def test_a_time_that_no_span_can_have_is_one_sentence(run):
    for command in ("find", "top", "failures"):
        for moment in ("0001-01-01", "0001-01-01T00:00:00+14:00", "2300-01-01"):
            code, _, err = run(command, "--since", moment)
            assert code == 2
            assert err.count("\n") == 1
        assert run(command, "--since", "999999999999d")[0] == 0


def test_top_refuses_a_dimension_that_it_does_not_have(run):
    code, _, err = run("top", "--by", "colour")
    assert code == 2
    assert "prompt_version" in err


def test_doctor_names_the_missing_line_of_instrumentation(run):
    _, out, _ = run("doctor", "--json")
    said = json.loads(out)
    checks = {check["name"]: check for check in said["checks"]}
    assert checks["schema"]["ok"]
    assert checks["writing"]["ok"]
    assert "assay settle" in checks["settling"]["next_step"]
    gap = next(gap for gap in said["gaps"] if gap["service"] == "order-agent" and gap["attribute"] == "prompt version")
    assert "gen_ai.prompt.version" in gap["line"]
    assert not [
        gap for gap in said["gaps"] if gap["service"] == "outfitters-help" and gap["attribute"] == "prompt version"
    ]


def test_doctor_says_when_nothing_answers(run):
    code, out, _ = run("doctor", store="http://127.0.0.1:9/assay")
    assert code == 1
    assert "WRONG connection" in out


def test_doctor_says_what_may_not_be_written(run, tmp_path):
    mine = seeded(tmp_path / "torn")
    assert run("query", "DROP TABLE finding_rows", store=mine)[0] == 0
    code, out, _ = run("doctor", "--json", store=mine)
    writing = next(check for check in json.loads(out)["checks"] if check["name"] == "writing")
    assert (code, writing["ok"]) == (1, False)
    assert "finding_rows" in writing["said"]


def test_migrate_can_be_repeated(run):
    assert json.loads(run("migrate", "--json")[1])["ran"] == []


def test_remap_leaves_spans_alone_that_stand_at_this_releases_tables(run):
    assert json.loads(run("remap", "--since", "24h", "--json")[1]) == {"spans": 0, "hours": 0}


def test_erase_needs_yes_without_a_terminal(run):
    code, _, err = run("erase", "--user", "u-1001")
    assert code == 2
    assert "--yes" in err


def test_erase_removes_one_user_and_nobody_else(run, tmp_path):
    mine = seeded(tmp_path / "erase")
    users = "SELECT user_id, count() AS traces FROM traces GROUP BY user_id"
    before = {row["user_id"]: row["traces"] for row in json.loads(run("query", users, "--json", store=mine)[1])}
    victim = max(before)
    assert run("erase", "--user", victim, "--yes", "--json", store=mine)[0] == 0
    after = {row["user_id"]: row["traces"] for row in json.loads(run("query", users, "--json", store=mine)[1])}
    assert after == {user: traces for user, traces in before.items() if user != victim}


def test_an_empty_folder_says_what_to_do(run, tmp_path):
    code, _, err = run("find", store=f"chdb://{tmp_path}/nothing")
    assert code == 2
    assert "assay serve" in err


def test_a_folder_that_cannot_be_made_is_one_sentence(run, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = run("migrate", store=f"chdb://{tmp_path}/file/db")
    assert (code, err.count("\n")) == (2, 1)
    assert "cannot be used: Not a directory" in err


def test_a_store_that_does_not_answer_exits_3(run):
    assert run("query", "SELECT 1", store="http://127.0.0.1:9/assay")[0] == 3


def test_a_wrong_setting_exits_2_with_its_place(run, tmp_path):
    (tmp_path / "assay.yaml").write_text("receiver: {grpc: {prot: 1}}\n")
    code, _, err = run("config", "check", store="")
    assert code == 2
    assert "Did you mean 'port'? (assay.yaml:1)" in err


def test_config_check_opens_the_files_that_are_named_and_says_all_that_is_wrong(run, tmp_path):
    (tmp_path / "assay.yaml").write_text(
        "workspaces: {blue: {token_files: [absent]}, green: {reader_token_files: [empty]}}\n"
        "receiver: {grpc: {tls: {cert_file: absent.pem}}, http: {enabled: false, tls: {cert_file: unused.pem}}}\n"
        "forward: {endpoint: nowhere}\n"
    )
    (tmp_path / "empty").write_text("# none yet\n")
    code, _, err = run("config", "check", store="")
    assert code == 2
    assert [line.removeprefix("assay: ").partition(":")[0] for line in err.splitlines()] == [
        "absent", "empty", "absent.pem", "forward.endpoint",
    ]  # fmt: skip


def test_config_check_refuses_to_forward_to_itself(run):
    code, _, err = run("config", "check", "--set", "forward.endpoint=http://127.0.0.1:4317", store=None)
    assert code == 2
    assert "this receiver itself" in err


def test_config_show_says_where_a_value_is_from_and_hides_the_password(run):
    code, out, _ = run("config", "show", "--set", "door.port=1", store="http://reader:hunter2@db:8123/assay")
    assert code == 0
    assert "port: 1  # --set door.port" in out
    assert "hunter2" not in out


def test_simulate_says_what_it_did_as_json(run, tmp_path):
    faults = json.loads(run("simulate", "--list", "--json", store="")[1])
    assert faults["tool_failure.tool_timeout"]
    code, out, _ = run("simulate", "--out", str(tmp_path / "traffic"), "--traces", "20", "--json", store="")
    said = json.loads(out)
    truths = (tmp_path / "traffic" / "truth.jsonl").read_text().splitlines()
    assert (code, said["traces"]) == (0, len(truths))


def test_a_command_that_does_not_exist_exits_2(capsys):
    with pytest.raises(SystemExit) as left:
        main(["frobnicate"])
    assert left.value.code == 2
    assert "assay --help" in capsys.readouterr().err


def test_every_command_has_examples_that_parse():
    top = parser()
    commands = next(action for action in top._actions if hasattr(action, "choices") and action.choices)
    for name, command in commands.choices.items():
        examples = re.findall(
            rf"^  (?:echo .* \| )?assay ({name}\b[^|>\n]*?)(?:   .*|\s*[|>].*)?$", command.epilog, re.MULTILINE
        )
        assert examples, name
        for example in examples:
            top.parse_args(shlex.split(example.split("   ")[0]))


def statements():
    for page in sorted(ROOT.glob("docs/*.md")):
        for number, sql in enumerate(re.findall(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)):
            yield pytest.param(sql, id=f"{page.stem}-{number}")


@pytest.mark.parametrize("sql", list(statements()))
def test_every_statement_in_the_docs_runs(run, sql):
    code, _, err = run("query", sql, "--json")
    assert (code, err) == (0, "")


def test_reference_pages_are_up_to_date():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    for name, text in (
        ("columns.md", generate.columns_page()),
        ("views.md", generate.views_page()),
        ("cli.md", generate.cli_page()),
        ("configuration.md", generate.reference.page()),
    ):
        assert (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") == text, "run `python docs/generate.py`"


@pytest.mark.parametrize(
    "words",
    [["find", "--limit", "0"], ["top", "--limit", "-1"], ["top", "--min-spans", "-1"], ["demo", "--traces", "0"]],
)
def test_numbers_of_things_begin_at_one(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(words)
    assert "is less than 1" in capsys.readouterr().err
