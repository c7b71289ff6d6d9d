"""Who is asked about what: everybody about the same traces, little about each kind, with a chance that is known."""

import numpy as np
import pytest

from assay.scorer.label_queue import Candidate, allot, draw, for_labeller

START = 0


def traces(scores, *, probability=1.0, disputed=(), salt=""):
    return [
        Candidate("default", f"{salt}{number:05d}", START, score, probability, number in disputed)
        for number, score in enumerate(scores)
    ]


def test_small_strata_are_taken_whole_and_the_rest_is_shared():
    a, b, c = (0, False), (1, False), (2, True)
    assert allot({a: 2, b: 100, c: 100}, 20) == {a: 2, b: 9, c: 9}
    assert allot({a: 1, b: 1}, 20) == {a: 1, b: 1}
    assert allot({a: 50, b: 100}, 3) == {a: 1, b: 2}
    assert allot({}, 5) == {}


def test_low_scores_and_disputed_traces_are_asked_about_as_often_as_the_many_good_ones():
    found = traces([0.9] * 900 + [0.1] * 100, disputed=range(890, 900))
    drawn = draw(found, "faithfulness", 60)
    assert len(drawn) == 60
    scores = {one.trace_id: one for one in found}
    kinds = [(scores[one.trace_id].score, scores[one.trace_id].is_disputed) for one in drawn]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {(0.9, False): 25, (0.1, False): 25, (0.9, True): 10}
    chances = {(scores[one.trace_id].score, scores[one.trace_id].is_disputed): one.probability for one in drawn}
    assert chances == {(0.9, False): pytest.approx(25 / 890), (0.1, False): 0.25, (0.9, True): 1.0}


def test_the_chance_of_being_judged_comes_on_top():
    (one,) = draw(traces([0.5], probability=0.2), "faithfulness", 5)
    assert one.probability == 0.2


def test_the_draw_depends_on_nothing_but_the_traces_and_a_longer_one_contains_the_shorter():
    found = traces(np.linspace(0, 1, 300))
    drawn = draw(found, "faithfulness", 40)
    assert draw(found[::-1], "faithfulness", 40) == drawn
    assert {one.place for one in drawn} < {one.place for one in draw(found, "faithfulness", 70)}
    assert {one.place for one in drawn} != {one.place for one in draw(found, "relevance", 40)}


def test_whoever_stops_half_way_has_done_half_of_every_stratum():
    found = traces([0.1] * 30 + [0.9] * 300)
    drawn = draw(found, "faithfulness", 60)
    scores = {one.trace_id: one.score for one in found}
    half = [scores[one.trace_id] for one in drawn[:30]]
    assert (half.count(0.1), half.count(0.9)) == (15, 15)


def test_weights_undo_the_preference():
    chance = np.random.default_rng(1)
    misses, without = [], []
    for trial in range(300):
        scores = chance.choice((0.1, 0.4, 0.6, 0.9), 400, p=(0.05, 0.1, 0.25, 0.6))
        found = traces(scores, disputed=set(chance.integers(0, 400, 20).tolist()), salt=f"{trial}-")
        # People call a trace bad more often the lower the judge scores it.
        is_bad = dict(zip((one.trace_id for one in found), chance.random(400) > scores, strict=True))
        drawn = draw(found, "faithfulness", 60)
        weights = np.array([1 / one.probability for one in drawn])
        said = [is_bad[one.trace_id] for one in drawn]
        misses.append(np.average(said, weights=weights) - np.mean(list(is_bad.values())))
        without.append(np.mean(said) - np.mean(list(is_bad.values())))
    error = np.std(misses) / np.sqrt(len(misses))
    assert abs(np.mean(misses)) < 3 * error
    assert np.mean(without) > 20 * error, "without weights the rate is far too high"


def test_what_others_have_done_comes_again_now_and_then_and_what_i_have_done_never():
    drawn = draw(traces(np.linspace(0, 1, 500)), "faithfulness", 500)
    said = {one.place: {"bob"} for one in drawn[:400]} | {drawn[450].place: {"ann"}, drawn[451].place: {"ann", "bob"}}
    mine = for_labeller(drawn, said, "ann", again=0.2, dimension="faithfulness")
    again = [one for one in mine if one.place in said]
    assert 60 <= len(again) <= 100
    assert len(mine) - len(again) == 98
    assert for_labeller(drawn, said, "ann", again=0.2, dimension="faithfulness") == mine
    assert len(for_labeller(drawn, said, "ann", again=1.0, dimension="faithfulness")) == 498
    assert len(for_labeller(drawn, said, "ann", again=0.0, dimension="faithfulness")) == 98
