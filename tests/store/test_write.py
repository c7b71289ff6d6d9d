"""Exactly once, seen from SQL: whatever is sent again, in whatever groups, numbers stay."""

import time
from datetime import timedelta
from random import Random

from assay.clock import ManualClock, SystemClock
from assay.config.model import Settle
from assay.config.model import Store as StoreSettings
from assay.otlp.decode import Decoder
from assay.scorer.erase import erase
from assay.scorer.remap import remap
from assay.scorer.rollup import EPOCH, clean, roll
from assay.scorer.run import Upkeep
from assay.scorer.settle import drain
from assay.spans.dialects import Mapper
from assay.store.migrate import migrate
from assay.store.store import query
from assay.store.write import Writer
from tests.store.otlp import MS, START_NS, span

LONG = "the policy says that returns are possible within thirty days of delivery " * 8
NUMBERS = """
SELECT
    (SELECT (count(), sum(input_tokens), sum(cost), countIf(status = 'error')) FROM spans_live) AS spans,
    (SELECT (sum(spans), sum(input_tokens), sum(cost_usd), sum(errors)) FROM rollup WHERE cohort_key = '') AS rollup,
    (SELECT (count(), sum(spans), sum(input_tokens), sum(cost_usd)) FROM traces) AS traces,
    (SELECT uniqExact(hash) FROM texts) AS texts
"""


def traffic(seed=3):
    """Forty traces of a root and three calls, some failing, some with long texts, in three hours."""
    rnd = Random(seed)
    requests = []
    for trace in range(1, 41):
        at = rnd.randrange(3 * 3_600_000)
        calls = [
            span(trace, trace * 10 + n, parent=trace * 10, at_ms=at + n, ms=rnd.randrange(1, 5000), tokens=(rnd.randrange(1, 99), 7),
                 error=rnd.random() < 0.2, gen_ai__prompt__version=f"v{n}", tenant__id=f"t{trace % 3}", input__value=LONG + str(trace % 5))
            for n in (1, 2, 3)
        ]  # fmt: skip
        requests.append([span(trace, trace * 10, at_ms=at, ms=6000, name="POST /answer"), *calls])
    return requests


def test_a_retry_in_other_groups_and_after_a_restart_changes_no_number(store, send, decode):
    requests = traffic()
    send(*requests)
    roll(store, lag_seconds=0)
    before = store.rows(NUMBERS)
    assert before[0]["spans"][0] == 160
    Random(1).shuffle(requests)
    flat = [one for spans in requests for one in spans]
    regrouped = [flat[at : at + 7] for at in range(0, len(flat), 7)]
    Writer(store, SystemClock()).write([decode(spans) for spans in regrouped])
    assert store.rows(NUMBERS) == before
    roll(store, lag_seconds=0)
    assert store.rows(NUMBERS) == before
    store.command("OPTIMIZE TABLE spans FINAL")
    assert store.rows(NUMBERS) == before


def test_rollups_agree_with_spans_before_while_and_after_they_are_built(store, send):
    requests = traffic()
    question = "SELECT model, cohort_value, sum(spans) AS n, sum(errors) AS e, sum(cost_usd) AS c, quantilesExactArray(0.5, 0.99)(duration_bins) AS q FROM rollup WHERE cohort_key = 'tenant' GROUP BY ALL ORDER BY ALL"
    send(*requests[:25])
    raw = store.rows(question)
    roll(store, lag_seconds=0)
    assert store.rows(question) == raw
    send(*requests[25:])
    roll(store, lag_seconds=0)
    built = store.rows(question)
    store.command("TRUNCATE TABLE rollup_commits")
    assert store.rows(question) == built
    assert sum(row["n"] for row in built) == 120


def top(store, since_ms=0):
    anything = {
        "by1": "model",
        "by2": "",
        "by3": "",
        "by4": "",
        "cohort_key": "",
        "workspace": "",
        "service": "",
        "stage": "",
    }
    since = EPOCH + timedelta(milliseconds=START_NS // MS + since_ms)
    return store.rows(query("top_cohorts"), anything | {"since": since, "min_spans": 1})


def test_percentiles_since_the_middle_of_a_closed_hour_are_of_the_hour_and_not_of_nothing(store, send):
    send([span(1, 1, at_ms=600_000, tokens=(10, 5))])
    before = top(store, since_ms=300_000)
    assert roll(store, lag_seconds=0).hours == 1
    assert top(store, since_ms=300_000) == before
    assert before[0]["spans"] == 1
    assert top(store, since_ms=3_600_000) == []


def test_where_every_span_is_a_twin_there_is_no_percentile(store, send):
    send([span(1, 1, tokens=(10, 5))])
    store.command("INSERT INTO spans SELECT * REPLACE ('twin' AS usage_role, version + 1 AS version) FROM spans")
    twin = top(store)[0]
    assert [twin[name] for name in ("spans", "p50_ms", "p99_ms", "p99_to_p95")] == [1, None, None, None]
    for view in ("stage_latency", "latency_percentiles", "latency_ratio"):
        assert store.rows(f"SELECT p95_ms, p99_ms FROM {view}") == [{"p95_ms": None, "p99_ms": None}]


def test_sums_of_tokens_do_not_begin_at_zero_again_after_a_count_that_no_call_has(store, send):
    send([span(1, number, tokens=(count, 5)) for number, count in enumerate((2**63 - 1, 2**63 - 1, 2**53, 10), 1)])
    assert store.rows("SELECT input_tokens, output_tokens FROM traces") == [{"input_tokens": 10, "output_tokens": 20}]
    assert top(store)[0]["input_tokens"] == 10


def test_what_arrived_before_a_start_is_rolled_up_in_the_first_round(store, send):
    send(*traffic())
    upkeep = Upkeep(store, Decoder(), Settle(rollup_every_seconds=3_600), SystemClock())
    upkeep.start()
    try:
        until = time.monotonic() + 60
        while not store.rows("SELECT count() AS n FROM rollups")[0]["n"] and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        upkeep.stop(60)
    rolled = store.rows("SELECT sum(spans) AS n FROM rollups WHERE cohort_key = ''")
    assert rolled == store.rows("SELECT count() AS n FROM spans_live")


def test_a_rollup_that_was_not_committed_does_not_count(store, send):
    send(*traffic())
    roll(store, lag_seconds=0)
    before = store.rows(NUMBERS)
    # A worker that died between building and committing leaves rows of a generation that no commit names.
    store.command("INSERT INTO rollups SELECT * REPLACE (generation + 10000000000000 AS generation) FROM rollups")
    assert store.rows(NUMBERS) == before
    roll(store, lag_seconds=0)
    assert store.rows(NUMBERS) == before


def test_superseded_generations_are_cleaned_and_nothing_else(store, send):
    send(*traffic())
    for _ in range(3):
        store.command(
            "INSERT INTO rollup_requests (bucket) SELECT DISTINCT toStartOfFiveMinutes(start_time) FROM spans"
        )
        roll(store, lag_seconds=0)
    before = store.rows(NUMBERS)
    rows = store.rows("SELECT count() AS n FROM rollups")[0]["n"]
    store.command("ALTER TABLE rollups UPDATE spans = spans WHERE 1")
    assert clean(store) == 0, "generations of the last hour stay for queries that read them"
    assert store.rows("SELECT count() AS n FROM rollups")[0]["n"] == rows
    assert store.rows(NUMBERS) == before


def test_spans_with_impossible_clocks_fail_no_batch_and_stay_the_same_when_sent_again(store, send):
    wild = [span(7, number, at_ms=0, tokens=(1, 1)) for number in range(1, 301)]
    for number, one in enumerate(wild):
        one["start"] = 1_577_836_800_000_000_000 + number * 8 * 86_400 * 1_000_000_000
    wild += [span(8, 1, tokens=(1, 1)) | {"start": 0}, span(8, 2, tokens=(1, 1)) | {"start": 2**64 - 10**9, "ms": 0}]
    send(wild)
    send(wild)
    assert store.rows("SELECT count() AS n, countIf(clock_flags != '') AS flagged FROM spans_live") == [
        {"n": 302, "flagged": 2}
    ]


def test_nothing_that_was_acknowledged_expires_at_once(store, settings, decode):
    migrate(store, StoreSettings(dsn=settings.dsn))  # the default retention
    clamped, old = (
        span(8, 1, tokens=(1, 1), input__value=LONG) | {"start": 0, "ms": 0},
        span(8, 2, tokens=(1, 1), input__value=LONG) | {"start": START_NS - 10**17},
    )
    for _ in range(2):
        Writer(store, SystemClock()).write([decode([clamped, old])])
        roll(store, lag_seconds=0)
        for table in ("spans", "spans_raw", "bodies", "rollups"):
            store.command(f"OPTIMIZE TABLE {table} FINAL")
    assert store.rows(NUMBERS)[0]["spans"][0] == 2
    assert store.rows(NUMBERS)[0]["rollup"][0] == 2
    assert store.rows("SELECT count() AS n FROM raw_spans") == [{"n": 2}]
    assert store.rows("SELECT uniqExact(week) AS n FROM bodies WHERE text LIKE '%thirty days%'") == [{"n": 2}]


def test_texts_are_stored_once_a_week_and_again_in_the_next_week(store, send):
    week_ms = 7 * 86_400_000
    for week in (0, 1):
        send(
            *[
                [span(trace + 10 * week, 1, at_ms=week * week_ms, tokens=(1, 1), input__value=LONG)]
                for trace in range(1, 6)
            ]
        )
    kept = store.rows(
        "SELECT week, uniqExact(hash) AS n FROM bodies WHERE kind != 'resource' AND text LIKE '%thirty days%' GROUP BY week ORDER BY week"
    )
    assert len(kept) == 2
    assert {row["n"] for row in kept} == {kept[0]["n"]}


def test_a_text_of_a_week_long_past_is_written_again_with_every_span_that_refers_to_it(store, decode):
    """It ages from its latest insertion; one of this week ages from the end of the week, and once is enough."""
    clock = SystemClock()
    writer = Writer(store, clock)
    store.command("SYSTEM STOP MERGES bodies")
    for days, times in ((0, 1), (60, 2)):
        text = f"said {days} days ago " * 100
        for trace in (1, 2):
            one = span(trace, 1, tokens=(1, 1), input__value=text)
            writer.write([decode([one | {"start": clock.now_ns() - days * 86_400 * 1_000_000_000}])])
        rows = store.rows(
            "SELECT count() AS n FROM bodies WHERE text LIKE {said:String}", {"said": f"said {days} days%"}
        )
        assert rows == [{"n": times}]


def test_workspaces_share_nothing(store, send):
    send(traffic()[0], workspace="red")
    send(traffic()[0], workspace="blue")
    assert store.rows("SELECT workspace, count() AS n FROM spans_live GROUP BY workspace ORDER BY workspace") == [
        {"workspace": "blue", "n": 4},
        {"workspace": "red", "n": 4},
    ]
    hashes = store.rows("SELECT hash, uniqExact(workspace) AS n FROM texts GROUP BY hash")
    assert {row["n"] for row in hashes} == {1}


def test_erasing_a_user_removes_every_trace_of_theirs_and_only_those(store, writer, send):
    secret = "a very personal question about something nobody else asked " * 8
    send([span(1, 1, tokens=(3, 1), user__id="ann", input__value=secret), span(1, 2, parent=1, tokens=(3, 1), input__value=LONG)],
         [span(2, 1, tokens=(5, 1), user__id="bob", input__value=LONG)])  # fmt: skip
    roll(store, lag_seconds=0)
    list(erase(store, ManualClock(), workspace="default", by="user", value="ann"))
    roll(store, lag_seconds=0)
    assert store.rows(NUMBERS)[0]["spans"][:2] == (1, 5)
    assert store.rows(NUMBERS)[0]["rollup"][:2] == (1, 5)
    assert store.rows("SELECT count() AS n FROM raw_spans") == [{"n": 1}]
    assert store.rows("SELECT count() AS n FROM bodies WHERE text LIKE '%very personal%'") == [{"n": 0}]
    assert store.rows("SELECT count() > 0 AS kept FROM bodies WHERE text LIKE '%thirty days%'") == [{"kept": 1}]


def test_a_writer_writes_a_text_again_after_an_erasure(store, decode):
    clock = ManualClock()
    writer = Writer(store, clock)
    writer.write([decode([span(1, 1, tokens=(1, 1), user__id="ann", input__value=LONG)])])
    list(erase(store, clock, workspace="default", by="user", value="ann"))
    writer.write([decode([span(2, 1, tokens=(1, 1), user__id="bob", input__value=LONG)])])
    assert store.rows("SELECT count() > 0 AS kept FROM bodies WHERE text LIKE '%thirty days%'") == [{"kept": 1}]


def test_mapping_stored_spans_again_changes_nothing_with_the_same_tables(store, writer, send):
    send(*traffic())
    drain(store, writer, Decoder())
    everything = "SELECT * EXCEPT (version, inserted_at, checks) FROM spans FINAL ORDER BY trace_id, span_id"
    before = store.arrow(everything)
    assert sum(step.spans for step in remap(store, writer, Decoder(), since=EPOCH, every_span=True)) == 160
    drain(store, writer, Decoder())
    assert store.arrow(everything).equals(before)
    assert list(remap(store, writer, Decoder(), since=EPOCH)) == [], "nothing is left of an older mapping version"


def test_a_span_that_a_table_fails_on_costs_only_itself_and_a_remap_heals_it(store, writer, send, monkeypatch, caplog):
    maps = Mapper.map

    def fails_once(mapper, raw, logs=()):
        if raw.name == "odd":
            raise TypeError("unhashable type: 'list', sent as 4111-secret")
        return maps(mapper, raw, logs)

    monkeypatch.setattr(Mapper, "map", fails_once)
    send([span(1, n, tokens=(n, 1), name="odd" if n == 2 else "chat") for n in (1, 2, 3)])
    monkeypatch.undo()
    rows = "SELECT dialect, input_tokens FROM spans_live ORDER BY span_id"
    unmapped = {"dialect": "unknown", "input_tokens": None}
    first, second, third = store.rows(rows)
    assert (first["input_tokens"], second, third["input_tokens"]) == (1, unmapped, 3)
    (said,) = (record for record in caplog.records if record.getMessage() == "a span could not be mapped")
    assert said.error.startswith("TypeError at test_write.py:")
    assert "secret" not in str(vars(said))
    assert sum(step.spans for step in remap(store, writer, Decoder(), since=EPOCH, every_span=True)) == 3
    drain(store, writer, Decoder())
    assert store.rows(rows) == [first, first | {"input_tokens": 2}, third]


def test_the_longer_report_of_one_span_wins_in_any_order(store, send, decode):
    short, long = span(1, 1, ms=10, tokens=(1, 1)), span(1, 1, ms=5_000, tokens=(1, 9))
    for order in ((short, long), (long, short)):
        store.command("TRUNCATE TABLE spans")
        for one in order:
            send([one])
        assert store.rows("SELECT duration_ns, output_tokens FROM spans_live") == [
            {"duration_ns": 5_000 * MS, "output_tokens": 9}
        ]


def test_a_trace_is_found_by_its_id_without_reading_the_day(store, send):
    send(*[[span(trace, 1, at_ms=trace * 60_000, tokens=(1, 1))] for trace in range(1, 400)])
    wanted = (77).to_bytes(16, "big").hex()
    assert store.rows("SELECT start_time FROM spans_live WHERE trace_id = {t:String}", {"t": wanted})
    plan = store.rows("EXPLAIN indexes = 1 SELECT * FROM spans WHERE trace_id = {t:String}", {"t": wanted})
    assert any("trace_id_bloom" in str(row.values()) for row in plan)


def test_start_times_survive_to_the_nanosecond(store, send):
    send([span(1, 1, tokens=(1, 1)) | {"start": START_NS + 123_456_789}])
    assert store.rows("SELECT toUnixTimestamp64Nano(start_time) AS ns FROM spans_live") == [
        {"ns": START_NS + 123_456_789}
    ]
