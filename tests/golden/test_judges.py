"""Labelled examples of every judge: they fit the judge, and the offline judges of the same dimension put the good above the bad on average."""

from pathlib import Path

import pytest
import yaml

from assay.judges.case import Case
from assay.judges.judge import library
from assay.judges.offline import judge_offline
from assay.judges.prompt import prompt_of
from assay.judges.verdict import Verdict

FOLDER = Path(__file__).parent / "judges"
JUDGES = {judge.id: judge for judge in library()}
EXAMPLES = {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.yaml"))}
HOSTED = sorted(judge.id for judge in JUDGES.values() if judge.provider != "offline")


@pytest.mark.parametrize("name", HOSTED)
def test_examples_fit_their_judge(name):
    judge = JUDGES[name]
    examples = EXAMPLES[name]
    assert len(examples) >= 4
    assert {one["label"] for one in examples} <= set(judge.scale)
    scores = [judge.scale[one["label"]] for one in examples]
    assert min(scores) < 0.5 <= max(scores), "both ends of the scale have an example"
    for one in examples:
        assert set(judge.inputs) <= set(one["inputs"]) <= {*judge.inputs, *judge.optional}
        prompt = prompt_of(judge, Case(one["inputs"]))
        assert all(text in prompt.data and text not in prompt.system for text in one["inputs"].values())


@pytest.mark.parametrize("dimension", ["faithfulness", "relevance", "completeness"])
def test_offline_judges_put_the_good_above_the_bad_on_average(dimension):
    judge = JUDGES[f"offline.{dimension}"]
    good, bad = [], []
    for one in EXAMPLES[dimension]:
        found = judge_offline(judge, Case(one["inputs"]))
        if isinstance(found, Verdict):
            (good if JUDGES[dimension].scale[one["label"]] == 1 else bad).append(found.score)
    assert good
    assert bad
    # On average only: words tell little of a paraphrase, see `assay.judges.offline`.
    assert sum(good) / len(good) >= sum(bad) / len(bad) + 0.3, (good, bad)
