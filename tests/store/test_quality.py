"""Estimates of all traffic from verdicts in the store, and what the command prints of them."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from assay.cli.main import main
from assay.scorer.quality import Asked, quality
from assay.stats.estimate import hajek

SINCE = datetime(2026, 9, 1, tzinfo=UTC)
# Trace n: prompt v1 or v2 in turn, every tenth bad; the bad ones and every fifth are surely judged, of the others a quarter.
PUT = """
INSERT INTO verdict_rows
    (workspace, trace_id, verdict_id, start_time, version, revision, dimension, judge_id, judge_version, score, unscored,
     sampling_probability, prompt_version, cohort_keys, cohort_values)
SELECT
    'w', leftPad(hex(number), 32, '0'), toFixedString(leftPad(toString(number), 16, '0'), 16), '2026-10-01 00:00:00', 1, {revision:UInt64},
    'faithfulness', 'tone', {version:UInt16}, if({unscored:String} = '', if(number % 10 = 0, 0.25, 0.75), NULL), {unscored:String},
    if(number % 5 = 0, 1, 0.25), if(number % 2 = 0, 'v1', 'v2'), ['tenant'], [if(number < 200, 'acme', 'tiny')]
FROM numbers({from:UInt64}, {many:UInt64})
WHERE number % 5 = 0 OR number % 4 = 1
"""


@pytest.fixture
def judged(store):
    """Writes verdicts of traces `first` to `first + many`."""

    def put(first=0, many=400, *, version=1, revision=1, unscored=""):
        asked = {"from": first, "many": many, "version": version, "revision": revision, "unscored": unscored}
        store.command(PUT, asked)

    return put


def drawn(many):
    return np.array([n for n in range(many) if n % 5 == 0 or n % 4 == 1])


def test_a_rate_stands_for_all_traffic(store, judged):
    judged()
    (found,) = quality(store, Asked(SINCE))
    traces = drawn(400)
    chance = np.where(traces % 5 == 0, 1.0, 0.25)
    assert found[:4] == ("tone", 1, "faithfulness", "")
    assert found.bad.estimate == pytest.approx(hajek(traces % 10 == 0, chance, seed=0).estimate)
    assert found.bad.low < 0.1 < found.bad.high
    assert found.mean.low < 0.70 < found.mean.high
    assert found.bad.population == pytest.approx(400)
    assert found.bad.items == len(traces)
    assert found.unscored == {}


def test_versions_and_cohorts_stand_apart(store, judged):
    judged()
    judged(version=2)
    assert [(one.judge_version, one.part) for one in quality(store, Asked(SINCE, by="prompt_version"))] == [
        (1, "v1"), (1, "v2"), (2, "v1"), (2, "v2"),
    ]  # fmt: skip
    acme, tiny = quality(store, Asked(SINCE, by="cohort", cohort_key="tenant", judge="tone"))[:2]
    assert {acme.part, tiny.part} == {"acme", "tiny"}
    assert quality(store, Asked(SINCE, judge="another")) == quality(store, Asked(SINCE, workspace="x")) == []


def test_only_the_latest_revision_counts_and_what_has_no_score_is_counted_apart(store, judged):
    judged()
    judged(0, 40, revision=2, unscored="policy")
    (found,) = quality(store, Asked(SINCE))
    assert found.unscored == {"policy": len(drawn(40))}
    assert found.bad.items == len(drawn(400)) - len(drawn(40))


def test_a_judge_without_any_score_has_no_rate(store, judged):
    judged(0, 40, unscored="budget")
    (found,) = quality(store, Asked(SINCE))
    assert np.isnan(found.bad.estimate)
    assert found.unscored == {"budget": len(drawn(40))}


def test_the_same_verdicts_give_the_same_interval(store, judged):
    judged()
    first = quality(store, Asked(SINCE))
    judged()
    assert quality(store, Asked(SINCE)) == first


def test_the_command(settings, store, judged, capsys):
    judged()
    judged(0, 40, version=2, unscored="policy")
    store.close()
    place = ["--dsn", settings.dsn, "--since", "2026-09-01"]
    assert main(["quality", *place]) == 0
    printed = capsys.readouterr().out
    assert "tone@1" in printed
    assert "400" in printed
    assert "16 policy" in printed
    assert main(["quality", *place, "--by", "cohort:tenant", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["estimates"]
    assert {row["part"] for row in rows} == {"acme", "tiny"}
    assert rows[0]["bad"]["low"] <= rows[0]["bad"]["estimate"] <= rows[0]["bad"]["high"]
    assert main(["quality", *place, "--judge", "nobody"]) == 1
    assert main(["quality", *place, "--by", "modle"]) == 2
    assert "model?" in capsys.readouterr().err
