"""Regression sets of a real store: which traces, what of them, and what a replay through real programs and servers leaves."""

import json
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import pytest

from assay.cli.main import main
from assay.clock import ManualClock, SystemClock
from assay.config.model import Config, Judges, Workspace
from assay.errors import ConfigError
from assay.otlp.decode import Decoder
from assay.scorer.dataset import Conditions, make_items, read_set, score_condition
from assay.scorer.erase import erase
from assay.scorer.replay import Failed, by_command, by_url, compare, read_answer
from assay.scorer.score import Scorer
from assay.scorer.settle import drain
from assay.store.migrate import migrate
from assay.store.parcel import parcel_of
from assay.store.store import open_store
from assay.store.write import Writer
from tests.contract.judges.kit import Answer, message, model_server
from tests.golden.traces import GOOD, PAGES, rag, request_of

EVER = datetime(2000, 1, 1, tzinfo=UTC)
BAD = "Customers in Norway receive a complimentary umbrella from the warehouse manager."


@pytest.fixture
def put(store, writer):
    numbers = count(1)

    def commit(*traces, workspace="default"):
        for trace in traces:
            writer.write([parcel_of(Decoder().traces(request_of(trace, next(numbers)), workspace=workspace))])
        drain(store, writer, Decoder())

    return commit


@pytest.fixture
def judged(store):
    """Every settled trace is scored by the offline judges."""

    def judge():
        config = Config(judges=Judges(enabled=("offline.*",), offline_floor=1.0))
        scorer = Scorer(store, config, SystemClock())
        scorer.round()
        scorer._pool.shutdown()

    return judge


def items(store, *, full=False, workspaces=None, **conditions):
    made = make_items(store, SystemClock(), Conditions(EVER, **conditions), workspaces or {}, full=full)
    return made.items


def numbers(found):
    return [int(one.provenance["trace_id"], 16) for one in found]


def say(store, trace, *, value=None, outcome="", correction="", workspace="default"):
    """A user's feedback."""
    store.command(
        "INSERT INTO feedback_rows (workspace, trace_id, feedback_id, time, kind, value, outcome, correction) "
        "SELECT {w:String}, {t:String}, toFixedString(leftPad({n:String}, 16, '0'), 16), now64(9), 'score', {v:Nullable(Float64)}, {o:String}, {c:String}",
        {"w": workspace, "t": f"{trace:032x}", "n": str(trace), "v": value, "o": outcome, "c": correction},
    )  # fmt: skip


def test_an_item_has_what_was_asked_shown_and_answered(store, put, judged):
    put(
        rag(
            1, BAD, system="Be brief.", history=[["Hello?", "Hi, how can I help?"]], tools=["search"],
            attributes={"gen_ai.conversation.id": "c1"},
        )
    )  # fmt: skip
    judged()
    say(store, 1, value=0.0, correction="Refunds take 14 days.")
    (one,) = items(store)
    assert one.input.question == "How long do refunds take?"
    assert one.input.system_prompt == "Be brief."
    assert [(said.role, said.text) for said in one.input.messages] == [("user", "Hello?"), ("assistant", "Hi, how can I help?")]  # fmt: skip
    assert one.input.tools == ("search",)
    assert one.answer == BAD
    assert [(document.id, document.text) for document in one.context] == [("refunds", PAGES[0]["text"])]
    assert (one.expected.answer, one.expected.source) == ("Refunds take 14 days.", "feedback")
    told = one.provenance
    assert (told["trace_id"], told["span_id"], told["model"], told["service"]) == (f"{1:032x}", f"{3:016x}", "gpt-4o", "shop")  # fmt: skip
    assert told["conversation_id"] == "c1"
    assert "unsupported_generation.unsupported_claim" in [finding["label"] for finding in told["findings"]]
    assert {verdict["judge_id"] for verdict in told["verdicts"]} >= {"offline.faithfulness", "offline.relevance"}
    assert all(verdict["judge_version"] for verdict in told["verdicts"])
    assert told["feedback"] == [{"kind": "score", "value": 0.0, "outcome": "", "source": ""}]


def test_conditions_narrow_the_traces(store, put, judged):
    put(rag(1), rag(2, BAD), rag(3, BAD))
    put(rag(4, BAD), workspace="other")
    judged()
    say(store, 3, value=0.0)
    say(store, 1, value=1.0)
    assert numbers(items(store)) == [1, 2, 3, 4]
    assert numbers(items(store, workspace="other")) == [4]
    assert numbers(items(store, label="unsupported_generation")) == [2, 3, 4]
    assert numbers(items(store, label="unsupported_generation.unsupported_number")) == []
    assert numbers(items(store, dimension="faithfulness", compare="<", score=0.5, workspace="default")) == [2, 3]
    assert numbers(items(store, dimension="faithfulness", compare=">=", score=0.5)) == [1]
    assert numbers(items(store, judge="offline.faithfulness")) == [1, 2, 3, 4]
    assert numbers(items(store, judge="nobody")) == []
    assert numbers(items(store, feedback="negative")) == [3]
    assert numbers(items(store, feedback="positive")) == [1]
    assert numbers(items(store, ids=[f"{2:032x}", f"{4:032x}"])) == [2, 4]
    assert numbers(items(store, ids=[])) == []
    assert len(items(store, limit=2)) == 2


def test_what_experts_say_counts_more_than_what_users_say(store, put):
    put(rag(1, BAD))
    say(store, 1, correction="A user's words.")
    store.command(
        "INSERT INTO human_label_rows (workspace, trace_id, dimension, source, labeller, correction, version) VALUES "
        "('default', {t:String}, 'faithfulness', 'end_user', 'u', 'An end user.', 9), "
        "('default', {t:String}, 'faithfulness', 'expert', 'a', 'Before.', 1), ('default', {t:String}, 'tone', 'expert', 'a', 'After.', 2)",
        {"t": f"{1:032x}"},
    )
    (one,) = items(store)
    assert (one.expected.answer, one.expected.source) == ("After.", "expert")


def test_texts_leave_as_they_would_to_a_judge(store, put):
    put(rag(1, "Write to jane.doe@example.com. " + GOOD))
    assert "jane.doe" not in json.dumps([one.answer for one in items(store)])
    assert "[redacted:" in items(store)[0].answer
    assert items(store, full=True)[0].answer.startswith("Write to jane.doe@example.com.")
    assert items(store, workspaces={"default": Workspace(judges_get="full")})[0].answer.startswith("Write to jane")
    with pytest.raises(ConfigError, match="judges_get is none"):
        items(store, workspaces={"default": Workspace(judges_get="none")})


# The commands, on a store in a folder.


@pytest.fixture
def house(settings, tmp_path):
    """A folder with ten judged traces, six of them bad; runs commands on it."""
    store = open_store(settings)
    migrate(store, settings)
    writer = Writer(store, SystemClock())
    for number in range(1, 11):
        writer.write(
            [parcel_of(Decoder().traces(request_of(rag(number, BAD if number <= 6 else GOOD)), workspace="default"))]
        )
    drain(store, writer, Decoder())
    store.close()
    ran = (
        "--set", "store.retention.bodies_days=36500", "--set", "store.retention.spans_days=36500", "--dsn", settings.dsn,
    )  # fmt: skip

    def command(*words):
        return main([*words, *ran])

    command.rows = lambda sql: _rows(settings, sql)
    command.file = tmp_path / "set.jsonl"
    return command


def _rows(settings, sql):
    store = open_store(settings)
    try:
        return store.rows(sql)
    finally:
        store.close()


def lines(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_the_same_traces_give_the_same_version_whatever_the_order(house, tmp_path):
    ids = [f"{number:032x}" for number in (3, 1, 2)]
    one, two, more = tmp_path / "one.jsonl", tmp_path / "two.jsonl", tmp_path / "more.jsonl"
    assert house("export", *ids, "--out", str(one)) == 0
    assert house("export", *reversed(ids), "--out", str(two)) == 0
    assert house("export", *ids, f"{4:032x}", "--out", str(more)) == 0
    headers = [lines(file)[0] for file in (one, two, more)]
    assert headers[0]["version"] == headers[1]["version"] != headers[2]["version"]
    assert lines(one)[1:] == lines(two)[1:]
    assert (headers[0]["assay_dataset"], headers[0]["name"], headers[0]["items"], headers[0]["texts"]) == (1, "one", 3, "redacted")  # fmt: skip
    assert headers[0]["made_by"].startswith("assay export ")
    assert sorted(tmp_path.glob(".*")) == [], "no half-written file is left"


def test_a_query_names_traces(house):
    sql = "SELECT trace_id FROM traces ORDER BY trace_id LIMIT 2"
    assert house("export", "--out", str(house.file), "--query", sql) == 0
    assert [one["provenance"]["trace_id"] for one in lines(house.file)[1:]] == [f"{n:032x}" for n in (1, 2)]
    assert house("export", "--query", "SELECT 1 AS one") == 2
    assert house("export", "--label", "tool_failure", "--since", "2020-01-01") == 1
    assert house("export") == 1, "these traces are older than a week"


APP = """
import json, sys, time
item = json.load(sys.stdin)
number = int(item["provenance"]["trace_id"], 16)
if number == 2:
    sys.stderr.write("cannot do it")
    sys.exit(3)
if number == 3:
    time.sleep(60)
if number == 4:
    sys.exit(0)
print({answer})
"""


def app(tmp_path, answer, body=APP):
    file = tmp_path / "my app.py"
    file.write_text(body.replace("{answer}", answer), encoding="utf-8")
    return shlex.join([sys.executable, str(file)])


MENDED = f"json.dumps({{'answer': {GOOD!r}}})"
WORSE = repr(BAD)
ONLY = "\n".join(line for line in APP.splitlines() if "item" in line or "import" in line or "print" in line)


def test_a_mended_application_scores_better_and_failures_stay_alone(house, tmp_path, capsys):
    house("export", "--out", str(house.file), "--since", "2020-01-01")
    capsys.readouterr()
    command = app(tmp_path, MENDED)
    words = ("replay", str(house.file), "--command", command, "--timeout", "5", "--judge", "offline.*", "--json")
    assert house(*words) == 0
    said = json.loads(capsys.readouterr().out)
    errors = {int(item["provenance"]["trace_id"], 16): said["failed"].get(item["id"]) for item in lines(house.file)[1:]}
    assert errors[2] == "ended with 3: cannot do it"
    assert errors[3] == "no answer within 5 s"
    assert errors[4] == "an empty answer"
    assert len(said["failed"]) == 3
    judge = next(one for one in said["judges"] if one["judge_id"] == "offline.faithfulness")
    assert (judge["items"], judge["better"], judge["worse"], judge["unscored"]) == (7, 3, 0, 3)
    assert judge["after"] > judge["before"]
    assert judge["difference"]["estimate"] == pytest.approx(judge["after"] - judge["before"])
    assert said["worse"] == []
    rows = house.rows("SELECT * FROM replays")
    assert len(rows) == 10 * 3
    assert {(row["run"], row["dataset"], row["dataset_version"]) for row in rows} == {(said["run"], "set", said["dataset_version"])}  # fmt: skip
    assert all(row["score_before"] is not None for row in rows if row["judge_id"] == "offline.faithfulness")
    assert {row["output"] for row in rows if not row["error"]} == {GOOD}
    assert house(*words, "--fail-if-worse") == 1, "what has no new answer any more is worse"


def test_a_run_goes_on_where_it_was(house, tmp_path, capsys):
    house("export", "--out", str(house.file), "--since", "2020-01-01")
    said = []
    for answer, body in ((MENDED, APP), (MENDED, ONLY)):
        capsys.readouterr()
        words = ("replay", str(house.file), "--command", app(tmp_path, answer, body), "--timeout", "5", "--json")
        house(*words, "--judge", "offline.relevance", "--run", "fixed")
        said.append(json.loads(capsys.readouterr().out))
    assert [one["asked"] for one in said] == [10, 3]
    assert said[1]["failed"] == {}
    assert len(house.rows("SELECT * FROM replays WHERE run = 'fixed'")) == 10


def test_worse_answers_fail_a_pipeline_that_asks(house, tmp_path, capsys):
    house("export", "--out", str(house.file), "--since", "2020-01-01")
    words = ("replay", str(house.file), "--command", app(tmp_path, WORSE, ONLY), "--judge", "offline.faithfulness")
    assert house(*words) == 0
    same = ("replay", str(house.file), "--command", app(tmp_path, "item['answer']", ONLY), "--judge", "offline.*")
    assert house(*same, "--fail-if-worse") == 0
    # Ten good answers where there were four.
    house.file.write_text(house.file.read_text(encoding="utf-8").replace(BAD, GOOD), encoding="utf-8")
    app(tmp_path, WORSE, ONLY)
    capsys.readouterr()
    assert house(*words, "--fail-if-worse") == 1
    told = capsys.readouterr()
    assert "WORSE" in told.out
    assert "edited since" in told.err


SLOW = """
import json, pathlib, sys, time
item = json.load(sys.stdin)
asked = pathlib.Path(__file__).with_suffix(".asked")
with asked.open("a") as out:
    out.write(item["id"] + "\\n")
time.sleep({answer})
print("Refunds take 14 days.")
"""


def test_a_run_that_was_interrupted_keeps_what_it_has(house, tmp_path, settings):
    house("export", "--out", str(house.file), "--since", "2020-01-01")
    command = app(tmp_path, "0.1 if len(asked.read_text().splitlines()) < 5 else 5", SLOW)
    words = ["replay", str(house.file), "--command", command, "--judge", "offline.relevance", "--run", "r", "--concurrency", "1", "--dsn", settings.dsn]  # fmt: skip
    asked = tmp_path / "my app.asked"
    running = subprocess.Popen([sys.executable, "-m", "assay.cli.main", *words], stderr=subprocess.PIPE, text=True)
    clock = SystemClock()
    until = clock.monotonic() + 60
    while not asked.exists() or len(asked.read_text().splitlines()) < 5:
        assert running.poll() is None
        assert clock.monotonic() < until
        clock.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "--run r" in said
    done = len(house.rows("SELECT item FROM replays WHERE run = 'r'"))
    assert done >= 4
    asked.unlink()
    app(tmp_path, "0", SLOW)
    assert house(*words[:-2]) == 0
    assert len(asked.read_text().splitlines()) == 10 - done
    assert len(house.rows("SELECT item FROM replays WHERE run = 'r'")) == 10


def test_a_hosted_judge_gets_what_may_leave_and_its_cost_is_kept(house, tmp_path, capsys):
    house("export", "--out", str(house.file), *(f"{n:032x}" for n in (1, 2)))
    (tmp_path / "key").write_text("sk-test\n", encoding="utf-8")
    with model_server() as server:
        hosted = (
            "--set", f"judges.anthropic.api_key_file={tmp_path / 'key'}", "--set", f"judges.anthropic.base_url={server.url}",
            "--judge", "relevance", "--command", "echo Write to jane.doe@example.com.", "--json",
        )  # fmt: skip
        quoted = {"quotations": [{"input": "question", "text": "How long do refunds take?"}], "explanation": "x", "label": "relevant"}  # fmt: skip
        server.answers(*[Answer(message(quoted))] * 4)
        capsys.readouterr()
        assert house("replay", str(house.file), *hosted) == 0
        assert len(server.seen) == 4, "both answers of both items"
        assert not any(b"jane.doe" in one.body for one in server.seen)
        said = json.loads(capsys.readouterr().out)
        assert (said["judges"][0]["items"], said["judges"][0]["after"]) == (2, 1.0)
        assert house("replay", str(house.file), *hosted, "--set", "workspaces.default.judges_get=none") == 0
        assert len(server.seen) == 4
    rows = house.rows("SELECT * FROM replays ORDER BY unscored_after, item")
    assert [row["unscored_after"] for row in rows] == ["", "", "policy", "policy"]
    assert rows[0]["cost_usd"] > 0
    spent = house.rows("SELECT sum(usd) AS usd FROM judge_spend FINAL")[0]["usd"]
    assert spent == pytest.approx(sum(row["cost_usd"] for row in rows))
    assert {row["output"] for row in rows} == {"Write to [redacted:email]."}


@contextmanager
def server(answer):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            item = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, body = answer(item)
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_address[1]}/answer"
    running.shutdown()
    running.server_close()


def test_an_address_is_asked_and_its_new_context_counts(house, capsys):
    house("export", "--out", str(house.file), "--since", "2020-01-01")
    umbrella = {"id": "umbrellas", "text": BAD}

    def answer(item):
        number = int(item["provenance"]["trace_id"], 16)
        if number == 5:
            return 500, b"out of order"
        return 200, json.dumps({"answer": BAD, "context": [umbrella]}).encode()

    capsys.readouterr()
    with server(answer) as url:
        house("replay", str(house.file), "--url", url, "--judge", "offline.faithfulness", "--json")
    said = json.loads(capsys.readouterr().out)
    assert list(said["failed"].values()) == ["status 500: out of order"]
    (judge,) = said["judges"]
    assert (judge["after"], judge["better"]) == (1.0, 5), "the new context supports what the old one did not"


def test_nobody_listens(house, capsys):
    house("export", "--out", str(house.file), f"{1:032x}")
    capsys.readouterr()
    with server(lambda item: (200, b"x")) as url:
        pass
    words = ("replay", str(house.file), "--url", url, "--judge", "offline.faithfulness", "--json")
    assert house(*words) == 0
    assert "refused" in next(iter(json.loads(capsys.readouterr().out)["failed"].values()))
    assert house(*words, "--fail-if-worse") == 1


def test_what_is_wrong_is_said(house, tmp_path, capsys):
    good = tmp_path / "good.jsonl"
    house("export", "--out", str(good), f"{1:032x}")
    header, item = good.read_text(encoding="utf-8").splitlines()
    other = header.replace('"assay_dataset":1', '"assay_dataset":2')
    for text, complaint in (
        ("", "no regression set"), ("{}\n", "no regression set"), (header, "no items"), (f"{header}\n{item}\n{item}", ":3: a second item"),
        (f"{header}\n{{}}", ":2: no item"), (f"{other}\n{item}", "a set of schema 2"),
    ):  # fmt: skip
        file = tmp_path / "wrong.jsonl"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=complaint):
            read_set(file)
    with pytest.raises(ConfigError, match="assay export"):
        read_set(tmp_path / "missing.jsonl")
    for words in (("--command", "'"), ("--command", " "), ("--url", "ftp://x")):
        assert house("replay", str(good), *words) == 2
    assert house("export", "--out", str(good / "below"), f"{1:032x}") == 2
    assert house("export", "--score", "faithfulness", f"{1:032x}") == 2
    capsys.readouterr()


def test_a_score_condition_is_read():
    assert score_condition("faithfulness<0.5") == ("faithfulness", "<", 0.5)
    assert score_condition("tone >= 1") == ("tone", ">=", 1.0)
    for wrong in ("tone", "<0.5", "tone<1.2.3", "tone=1"):
        with pytest.raises(ConfigError, match="--score"):
            score_condition(wrong)


@pytest.mark.parametrize(
    ("said", "answer"),
    [(b"Yes.\n", "Yes."), (b'{"answer": "Yes."}', "Yes."), (b'{"total": 3}', '{"total": 3}'), (b"[1]", "[1]"), (b"{no json", "{no json")],
)  # fmt: skip
def test_an_answer_is_text_or_json(said, answer):
    assert read_answer(said).answer == answer


@pytest.mark.parametrize("said", [b"", b" \n", b"\xff\xfe", b'{"answer": 3}', b'{"answer": ""}', b'{"answer": "a", "context": "b"}'])  # fmt: skip
def test_a_bad_answer_is_an_error(said):
    assert isinstance(read_answer(said), Failed)


def test_no_shell_reads_a_command_unless_asked(store, put):
    put(rag(1))
    (item,) = items(store)
    assert by_command("echo one; echo two", timeout_seconds=10)(item).answer == "one; echo two"
    assert by_command("echo one; echo two", timeout_seconds=10, shell=True)(item).answer == "one\ntwo"
    assert "cannot be run" in by_command("/nowhere/at/all", timeout_seconds=10)(item).error
    with pytest.raises(ConfigError):
        by_url("127.0.0.1:80", timeout_seconds=1)


def score(before, after, item, conversation=""):
    return {
        "judge_id": "tone", "judge_version": 1, "dimension": "tone", "score_before": before, "score_after": after, "item": str(item),
        "conversation_id": conversation, "label_before": "poor" if (before or 0) < 0.5 else "good",
        "label_after": "poor" if (after or 0) < 0.5 else "good",
    }  # fmt: skip


def test_conversations_vary_not_items():
    changes = (-0.5, -0.4, -0.5, -0.3, -0.5, 0.2, -0.5, -0.4)
    apart = compare([score(0.6, 0.6 + one, n) for n, one in enumerate(changes)])[0]
    # The same items ten times over, in as many conversations as before: they say no more than once.
    again = compare([score(0.6, 0.6 + one, f"{n}-{k}", f"c{n}") for n, one in enumerate(changes) for k in range(10)])[0]
    assert apart.difference.estimate == pytest.approx(sum(changes) / 8)
    assert again.difference.estimate == pytest.approx(apart.difference.estimate)
    assert again.difference.high - again.difference.low > 0.8 * (apart.difference.high - apart.difference.low)
    assert apart.is_worse
    assert apart.levels == {"good": (8, 1), "poor": (0, 7)}


def test_no_change_is_not_worse_and_few_conversations_say_nothing():
    same = compare([score(0.3, 0.3, n) for n in range(20)])[0]
    assert (same.difference.estimate, same.is_worse) == (0.0, False)
    few = compare([score(0.9, 0.1, n, f"c{n % 5}") for n in range(50)])[0]
    assert (few.worse, few.is_worse) == (50, False)
    unscored = compare([score(None, 0.1, 1), score(0.5, None, 2)])[0]
    assert (unscored.items, unscored.unscored, unscored.is_worse) == (0, 2, False)


def test_erasure_takes_replays_with_it(store, put):
    put(rag(1), rag(2))
    store.command("INSERT INTO replay_rows (workspace, run, item, trace_id) SELECT 'default', 'r', toString(number), leftPad(hex(number), 32, '0') FROM numbers(1, 2)")  # fmt: skip
    list(erase(store, ManualClock(), workspace="default", by="trace", value=f"{1:032x}"))
    assert [row["item"] for row in store.rows("SELECT item FROM replays")] == ["2"]
