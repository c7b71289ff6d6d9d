"""Rounds of calibration on a real store: what people and judges said decides about gates, once, and only where something changed."""

import json
import math
from itertools import count

import numpy as np
import pytest

from assay.clock import SystemClock
from assay.config.model import Calibration, Judges
from assay.scorer.calibration import calibration_round
from assay.scorer.corrected import corrected
from assay.scorer.erase import erase
from assay.scorer.quality import Asked
from assay.stats.agreement import agreement

PUT_VERDICT = """
INSERT INTO verdict_rows
    (workspace, trace_id, verdict_id, start_time, version, revision, dimension, judge_id, judge_version, judge_model, rubric, score,
     sampling_probability, conversation_id)
SELECT
    {workspace:String}, trace, toFixedString(substring(hex(cityHash64(trace, {judge:String}, {version:UInt16})), 1, 16), 16),
    toDateTime64('2026-10-01 00:00:00', 9, 'UTC') + toIntervalSecond({day:UInt32} * 86400), {now:UInt64}, {revision:UInt64}, {dimension:String},
    {judge:String}, {version:UInt16}, {model:String}, 'r', score, {probability:Float64}, ''
FROM (SELECT arrayJoin(arrayZip({traces:Array(String)}, {scores:Array(Float64)})) AS pair, pair.1 AS trace, pair.2 AS score)
"""
PUT_LABEL = """
INSERT INTO human_label_rows (workspace, trace_id, dimension, source, labeller, value, probability, conversation_id, version)
SELECT
    {workspace:String}, one.1, {dimension:String}, {source:String}, {labeller:String}, one.2, one.3, one.4, {now:UInt64}
FROM (SELECT arrayJoin(arrayZip({traces:Array(String)}, {values:Array(Float64)}, {chances:Array(Float64)}, {conversations:Array(String)})) AS one)
"""
GOOD = [1.0, 0.0, 1.0, 1.0, 0.0] * 40
ROWS = "SELECT * FROM calibrations ORDER BY judge_id, judge_version, dimension, source, round"
GATES = "SELECT * FROM gates ORDER BY judge_id, judge_version, dimension, source"


def traces(many, first=0):
    return [f"{number:032x}" for number in range(first, first + many)]


def flipped(share, values=GOOD):
    """Every so many-th one is wrong."""
    return [1 - one if i % share == 0 else one for i, one in enumerate(values)]


@pytest.fixture
def judged(store):
    """Writes scores of traces from `first` on."""
    numbers = count(1)

    def put(
        scores,
        *,
        first=0,
        judge="tone",
        version=1,
        model="m1",
        workspace="w",
        dimension="tone",
        probability=1.0,
        revision=1,
    ):
        number = next(numbers)
        store.command(
            PUT_VERDICT,
            {
                "workspace": workspace, "traces": traces(len(scores), first), "scores": scores, "judge": judge, "version": version, "model": model,
                "dimension": dimension, "probability": probability, "revision": revision, "now": number, "day": number,
            },
        )  # fmt: skip

    return put


@pytest.fixture
def labelled(store):
    """Writes labels of traces from `first` on."""
    numbers = count(1)

    def put(
        values,
        *,
        first=0,
        source="expert",
        labeller="ann",
        workspace="w",
        dimension="tone",
        chances=(),
        conversations=(),
    ):
        store.command(
            PUT_LABEL,
            {
                "workspace": workspace, "traces": traces(len(values), first), "values": values, "dimension": dimension, "source": source,
                "labeller": labeller, "now": next(numbers), "chances": list(chances) or [1.0] * len(values),
                "conversations": list(conversations) or [""] * len(values),
            },
        )  # fmt: skip

    return put


@pytest.fixture
def rounds(store):
    def run(**options):
        return calibration_round(store, Judges(calibration=Calibration(**options)), SystemClock())

    return run


def gates(store):
    return {(row["judge_version"], row["source"]): row for row in store.rows(GATES)}


def test_nobody_labelled_anything(store, judged, rounds):
    judged(GOOD)
    assert rounds() == []
    assert store.rows(ROWS) == []


def test_a_gate_opens_with_enough_labels_and_says_how_many_it_needs_before(store, judged, labelled, rounds):
    judged(flipped(12))
    labelled(GOOD[:30])
    rounds()
    (few,) = store.rows(GATES)
    assert (few["state"], few["may_alert"], few["items"]) == ("closed", 0, 30)
    assert few["labels_needed"] > 0
    assert few["low"] < 0.6 < few["estimate"]
    labelled(GOOD[30:], first=30)
    rounds()
    (gate,) = store.rows(GATES)
    assert (gate["state"], gate["may_alert"], gate["items"], gate["round"]) == ("open", 1, 200, 2)
    assert [row["event"] for row in store.rows(ROWS)] == ["", "opened"]
    assert gate["scale"] == "binary"
    known = agreement(1 - np.array(GOOD), 1 - np.array(flipped(12)), scale="binary", clusters=traces(200), seed=1)
    assert gate["estimate"] == pytest.approx(known[0].estimate)
    assert gate["low"] == pytest.approx(known[0].low)
    wrong = {*gate["false_positives"], *gate["false_negatives"]}
    assert wrong == {trace for i, trace in enumerate(traces(200)) if i % 12 == 0}
    assert {one["coefficient"] for one in json.loads(gate["coefficients"])} == {
        "mcc",
        "kappa",
        "ac1",
        "sensitivity",
        "specificity",
    }


def test_a_round_without_news_writes_nothing(store, judged, labelled, rounds):
    judged(flipped(12))
    labelled(GOOD)
    assert len(rounds()) == 1
    assert rounds() == rounds() == []
    judged(GOOD, first=5000)  # a judge that goes on judging is no news: nobody labelled these
    assert rounds() == []
    # What two processes write at once is the same row.
    store.command("INSERT INTO calibration_rows SELECT * REPLACE (now64(3) AS inserted_at) FROM calibration_rows")
    assert len(store.rows(ROWS)) == len(store.rows(GATES)) == 1


def test_a_gate_closes_when_more_labels_speak_against_the_judge(store, judged, labelled, rounds):
    judged(flipped(20) + flipped(2))
    labelled(GOOD)
    rounds()
    labelled(GOOD, first=200)
    rounds()
    (gate,) = store.rows(GATES)
    assert (gate["state"], gate["may_alert"]) == ("closed", 0)
    assert [row["event"] for row in store.rows(ROWS)] == ["opened", "closed"]


def test_a_gate_without_any_labels_left_is_shut(store, judged, labelled, rounds):
    judged(flipped(20))
    labelled(GOOD)
    rounds()
    store.command("TRUNCATE TABLE human_label_rows")
    rounds()
    (gate,) = store.rows(GATES)
    assert (gate["state"], gate["may_alert"], gate["items"]) == ("uncalibrated", 0, 0)
    assert rounds() == []


def test_sources_are_kept_apart_and_experts_decide(store, judged, labelled, rounds):
    judged(flipped(20))
    labelled(GOOD, source="corrected")
    labelled(GOOD, source="end_user")
    rounds()
    found = gates(store)
    assert found[1, "corrected"]["may_alert"] == 1
    assert (found[1, "end_user"]["state"], found[1, "end_user"]["may_alert"]) == ("closed", 0)
    assert "judges.calibration.sources" in found[1, "end_user"]["reason"]
    labelled([1 - one for one in GOOD], source="expert")
    rounds()
    found = gates(store)
    assert found[1, "corrected"]["state"] == "open"
    assert [one["may_alert"] for one in found.values()] == [0, 0, 0]
    assert found[1, "expert"]["decides"] == 1


def test_end_users_open_a_gate_where_that_is_configured(store, judged, labelled, rounds):
    judged(flipped(20))
    labelled(GOOD, source="end_user")
    rounds(sources=("end_user",))
    assert gates(store)[1, "end_user"]["may_alert"] == 1


def test_a_new_model_suspends_and_the_probe_set_proves_it_again(store, judged, labelled, rounds):
    judged(flipped(20))
    labelled(GOOD)
    rounds()
    assert store.rows("SELECT count() AS n FROM probe_items")[0]["n"] == 200
    judged(GOOD, first=1000, model="m2")  # nobody labelled these; the model behind the judge is another one
    rounds()
    (gate,) = store.rows(GATES)
    assert (gate["state"], gate["may_alert"], gate["judge_model"]) == ("suspended", 0, "m2")
    assert "m2" in gate["reason"]
    rounds()
    assert gates(store)[1, "expert"]["state"] == "suspended"
    judged(flipped(25), model="m2")  # as the scorer asks it about the probe set
    rounds()
    (gate,) = store.rows(GATES)
    assert (gate["state"], gate["may_alert"]) == ("open", 1)
    assert "proved_again" in [row["event"] for row in store.rows(ROWS)]
    assert rounds() == []


def test_a_new_version_that_agrees_less_on_the_same_traces_is_suspended(store, judged, labelled, rounds):
    judged(flipped(50))
    labelled(GOOD)
    rounds()
    judged(flipped(8), version=2)
    rounds()
    found = gates(store)
    assert found[1, "expert"]["state"] == "open"
    assert found[2, "expert"]["state"] == "suspended"
    assert "fell" in found[2, "expert"]["reason"]


def test_a_new_version_that_agrees_as_well_stays_open(store, judged, labelled, rounds):
    judged(flipped(20))
    labelled(GOOD)
    rounds()
    judged(flipped(21), version=2)
    rounds()
    assert gates(store)[2, "expert"]["may_alert"] == 1
    assert rounds() == []


def test_labels_weigh_by_the_chance_that_they_were_drawn_with(store, judged, labelled, rounds):
    """Where the judge errs, one trace in ten was labelled; elsewhere all were. And of those half were judged."""
    judged(flipped(5), probability=0.5)
    chances = [0.1 if i % 5 == 0 else 1.0 for i in range(200)]
    labelled(GOOD, chances=chances)
    rounds()
    (gate,) = store.rows(GATES)
    known = agreement(
        1 - np.array(GOOD),
        1 - np.array(flipped(5)),
        scale="binary",
        seed=1,
        weights=2 / np.array(chances),
        clusters=traces(200),
    )
    assert gate["estimate"] == pytest.approx(known[0].estimate)
    assert gate["low"] == pytest.approx(known[0].low)


def test_conversations_are_what_varies(store, judged, labelled, rounds):
    judge = [1 - one if i // 10 % 5 == 0 else one for i, one in enumerate(GOOD)]
    judged(judge)
    labelled(GOOD, conversations=[f"c{i // 10}" for i in range(200)])
    judged(judge, dimension="safety", judge="safety")
    labelled(GOOD, dimension="safety")
    rounds()
    wide, narrow = (next(r for r in store.rows(GATES) if r["dimension"] == name) for name in ("tone", "safety"))
    assert wide["estimate"] == pytest.approx(narrow["estimate"])
    assert wide["high"] - wide["low"] > 1.5 * (narrow["high"] - narrow["low"])


def test_grades_are_compared_by_rank_and_two_people_give_the_ceiling(store, judged, labelled, rounds):
    rng = np.random.default_rng(1)
    human = list(rng.integers(0, 5, 200) / 4)
    judged([float(one) for one in np.clip(np.array(human) + rng.normal(0, 0.1, 200), 0, 1)])
    labelled([float(one) for one in human])
    labelled([float(min(1, one + 0.25)) for one in human[:100]], labeller="bob")
    rounds()
    (gate,) = store.rows(GATES)
    assert (gate["scale"], gate["coefficient"], gate["state"], gate["labellers"]) == ("graded", "spearman", "open", 2)
    assert 0.8 < gate["ceiling"] < 1
    # Read as good or bad too, for corrected rates.
    assert gate["sensitivity_low"] < gate["sensitivity"] < gate["sensitivity_high"]


def test_workspaces_are_apart_and_only_the_latest_revision_counts(store, judged, labelled, rounds):
    judged([1 - one for one in GOOD])
    judged(flipped(20), revision=2)
    labelled(GOOD)
    labelled(GOOD, workspace="x")
    rounds()
    (gate,) = store.rows(GATES)
    assert (gate["workspace"], gate["state"]) == ("w", "open")


def test_a_trace_without_a_score_is_not_a_bad_one(store, judged, labelled, rounds):
    """The judge abstains on half of the traces: it is compared on the others, in the gate and in corrected rates."""
    from datetime import UTC, datetime

    judged(GOOD)
    store.command(
        "INSERT INTO verdict_rows SELECT * REPLACE (NULL AS score, 'abstained' AS unscored, 9 AS revision) FROM verdict_rows FINAL"
        " WHERE trace_id >= {first:String}",
        {"first": traces(1, 100)[0]},
    )
    labelled(GOOD)
    rounds()
    (gate,) = store.rows(GATES)
    assert (gate["items"], gate["estimate"]) == (100, pytest.approx(1))
    (found,) = corrected(store, Asked(datetime(2026, 9, 1, tzinfo=UTC))).values()
    assert (found.bad_powered.labels, found.bad_powered.labels_alone.estimate) == (100, pytest.approx(0.4))


def test_only_scores_of_open_gates_may_alert(store, judged, labelled, rounds):
    judged(flipped(20))
    judged(flipped(2), judge="another")
    labelled(GOOD)
    rounds()
    found = store.rows(
        "SELECT judge_id, sum(weight) AS weight, sum(bad_weight) AS bad FROM gated_scores GROUP BY judge_id"
    )
    assert found == [{"judge_id": "tone", "weight": 200.0, "bad": float(sum(one < 0.5 for one in flipped(20)))}]
    judged([1.0], first=1000, model="m2")
    judged(GOOD, first=2000, model="m2")
    # Before the round that suspends it: the model is not the one that was proved.
    rows = store.rows("SELECT DISTINCT judge_model FROM gated_scores")
    assert rows == [{"judge_model": "m1"}]


def test_thresholds_are_those_of_the_settings(store, judged, labelled, rounds):
    judged(flipped(20))
    labelled(GOOD)
    rounds(mcc=0.95)
    (gate,) = store.rows(GATES)
    assert (gate["state"], gate["threshold"]) == ("closed", 0.95)
    rounds(mcc=0.5)
    assert gates(store)[1, "expert"]["state"] == "open"


def test_erased_traces_leave_the_probe_set(store, judged, labelled, rounds):
    judged(flipped(20))
    labelled(GOOD)
    rounds()

    class Quick(SystemClock):
        def sleep(self, seconds):
            """Nobody else writes here."""

    list(erase(store, Quick(), workspace="w", by="trace", value=traces(1)[0]))
    for table in ("probe_items", "probe_verdicts"):
        assert store.rows(f"SELECT count() AS n FROM {table} FINAL")[0]["n"] == 199


PUT_FINDING = """
INSERT INTO finding_rows (workspace, trace_id, span_id, finding_id, start_time, version, retracted, label, check_id, check_version, severity)
SELECT 'w', arrayJoin({traces:Array(String)}) AS t, 's', toFixedString(substring(t, 17), 16), '2026-10-01 00:00:00', 1, 0, {label:String},
    {check:String}, 1, {severity:String}
"""
PUT_ASKED = """
INSERT INTO trace_labels (workspace, trace_id, start_time, version, retracted, checks)
SELECT 'w', arrayJoin({traces:Array(String)}), '2026-10-01 00:00:00', 1, 0, {checks:String}
"""


def test_checks_are_measured_where_they_could_be_asked(store, labelled, rounds):
    """Of 250 labelled traces the check could be asked of 200; what is only noteworthy is no failure."""
    values = flipped(20)
    found = [trace for trace, value in zip(traces(200), values, strict=True) if value == 0]
    store.command(PUT_ASKED, {"traces": traces(200), "checks": "trace.unsupported_claim@1,trace.cache_miss@1"})
    store.command(PUT_ASKED, {"traces": traces(50, 200), "checks": "trace.cache_miss@1"})
    claim = {"label": "unsupported_generation.unsupported_claim", "check": "trace.unsupported_claim"}
    store.command(PUT_FINDING, {**claim, "traces": found, "severity": "error"})
    store.command(PUT_FINDING, {**claim, "traces": sorted(set(traces(200)) - set(found)), "severity": "info"})
    labelled([*GOOD, *([1.0] * 50)], dimension="faithfulness")
    labelled(GOOD, dimension="tone")
    rounds()
    (gate,) = store.rows(GATES)
    assert (gate["judge_id"], gate["judge_version"], gate["dimension"]) == (
        "check:trace.unsupported_claim",
        1,
        "faithfulness",
    )
    assert (gate["items"], gate["state"], gate["may_alert"]) == (200, "open", 1)
    assert gate["estimate"] == pytest.approx(
        agreement(1 - np.array(GOOD), 1 - np.array(values), scale="binary", seed=1, draws=10)[0].estimate
    )


def test_people_may_label_a_failure_by_its_own_name(store, labelled, rounds):
    values = flipped(20)
    found = [trace for trace, value in zip(traces(200), values, strict=True) if value == 0]
    store.command(PUT_ASKED, {"traces": traces(200), "checks": "safety.injection@1"})
    label = "safety_policy.prompt_injection"
    store.command(PUT_FINDING, {"label": label, "check": "safety.injection", "traces": found, "severity": "error"})
    labelled(GOOD, dimension=label)
    rounds()
    (gate,) = store.rows(GATES)
    assert (gate["judge_id"], gate["dimension"], gate["state"]) == ("check:safety.injection", label, "open")


def test_dimensions_are_those_of_the_taxonomy_and_of_judges(store):
    from assay.judges.judge import library
    from assay.taxonomy import kinds

    rows = store.rows("SELECT * FROM dimensions")
    assert {row["label"] for row in rows} <= set(kinds())
    assert len({row["label"] for row in rows}) == len(rows)
    assert {row["dimension"] for row in rows} <= {one.dimension for one in library()}


def test_nothing_is_stored_that_is_not_a_number(store, judged, labelled, rounds):
    """People call everything good: there is no sensitivity, and no row says there is."""
    judged([1.0] * 20)
    labelled([1.0] * 20)
    rounds()
    (gate,) = store.rows(GATES)
    assert gate["sensitivity"] is None
    assert gate["state"] in {"closed", "uncalibrated"}
    assert all(value is None or not math.isnan(value) for value in gate.values() if isinstance(value, float))


def test_the_command_says_how_far_a_judge_agrees_and_corrects_what_it_says(settings, store, judged, labelled, capsys):
    """The judge calls a third of the good answers bad: by labels of the same traces 40 % are bad, not 60 %."""
    from assay.cli.main import main

    values = GOOD * 2
    judge = [0.0 if value == 1 and i % 5 == 0 else value for i, value in enumerate(values)]
    judged(judge)
    labelled(values[:200], first=0)
    judged(GOOD, judge="unmeasured", dimension="safety")
    store.close()
    place = ["quality", "--dsn", settings.dsn, "--since", "2026-09-01"]
    assert main(place) == 0
    printed = capsys.readouterr().out
    assert "uncalibrated" in printed
    assert main([*place, "--calibrate"]) == 0
    printed = capsys.readouterr().out
    assert "mcc" in printed
    assert f"assay trace {traces(1)[0]}" in printed
    assert main([*place, "--calibrate", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    (row,) = said["agreement"]
    assert (row["judge_id"], row["items"], row["source"]) == ("tone", 200, "expert")
    assert row["specificity"] == pytest.approx(2 / 3)
    tone, other = sorted(said["estimates"], key=lambda one: one["judge_id"])
    assert tone["bad"]["estimate"] == pytest.approx(0.6)
    for name in ("bad_rogan_gladen", "bad_prediction_powered"):
        right = tone["corrected"][name]
        assert right["estimate"] == pytest.approx(0.4, abs=0.02)
        assert right["low"] < 0.4 < right["high"] < 0.6
    assert tone["corrected"]["mean_prediction_powered"]["estimate"] == pytest.approx(0.6, abs=0.02)
    assert (other["gate"], other["corrected"]) == ("uncalibrated", None)


def test_labels_correct_only_the_cohort_and_workspace_that_they_are_of(store, judged, labelled):
    from datetime import UTC, datetime

    judged([1 - one for one in GOOD])
    judged(GOOD, workspace="x")
    labelled(GOOD, workspace="x")
    since = datetime(2026, 9, 1, tzinfo=UTC)
    (found,) = corrected(store, Asked(since, workspace="x")).values()
    assert found.bad.estimate == pytest.approx(0.4)
    assert found.bad_powered.labels == 200
    assert corrected(store, Asked(since, workspace="w")) == {}
    assert corrected(store, Asked(since, judge="nobody")) == {}


def test_rates_are_corrected_in_sql_as_the_statistics_do_it(store, judged, labelled, rounds):
    """One good answer in five is called bad, one bad one in ten good; the view's standard error is within a fifth of the replicates'."""
    from assay.stats.correct import rogan_gladen

    values = np.array(GOOD * 4)
    rng = np.random.default_rng(3)
    judge = np.where(values == 1, rng.random(800) >= 0.2, rng.random(800) < 0.1).astype(float)
    judged([float(one) for one in judge])
    judged([float(one) for one in judge], judge="nobody's")
    labelled([float(one) for one in values[:400]])
    rounds()
    store.command(
        "INSERT INTO calibration_rows SELECT * REPLACE ('nobody''s' AS judge_id, NULL AS sensitivity) FROM calibration_rows FINAL"
    )
    (row,) = store.rows("SELECT * FROM corrected_rates WHERE judge_id = 'tone'")
    known = rogan_gladen(
        judge < 0.5, np.ones(800), human=values[:400] < 0.5, judge=judge[:400] < 0.5, label_clusters=traces(400), seed=1
    )
    assert row["apparent_rate"] == pytest.approx(float((judge < 0.5).mean()))
    assert row["rate"] == pytest.approx(known.estimate)
    assert row["high"] - row["low"] == pytest.approx(known.high - known.low, rel=0.2)
    assert row["low"] < 0.4 < row["high"]
    assert len(store.rows("SELECT * FROM corrected_rates")) == 1


def test_a_version_without_labels_is_shut_and_opens_with_what_it_says_of_the_probe_set(store, judged, labelled, rounds):
    judged(flipped(20))
    labelled(GOOD)
    rounds()
    judged(GOOD, first=1000, version=2)
    rounds()
    found = gates(store)[2, "expert"]
    assert (found["state"], found["may_alert"], found["items"]) == ("uncalibrated", 0, 0)
    assert rounds() == []
    judged(flipped(21), version=2)
    rounds()
    assert gates(store)[2, "expert"]["may_alert"] == 1
    judged(GOOD, first=1000, version=3)
    rounds()
    judged(flipped(5), version=3)
    rounds()
    assert gates(store)[3, "expert"]["state"] == "suspended"
