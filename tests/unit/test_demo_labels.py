"""The labels that come with Assay follow from the simulator's truth, and are about the traffic that the demo sends today."""

from assay.judges.rubric import rubrics
from assay.scorer.label_files import Defaults, read
from assay.simulate.opinions import DEMO_SEED, DEMO_TRACES, FILE, LABELLER, demo_labels, opinions
from assay.simulate.story import Truth
from assay.simulate.traffic import demo

NOW_MS = 1_790_000_000_000


def test_the_shipped_file_is_what_the_truth_says():
    assert FILE.read_text(encoding="utf-8") == demo_labels(), "run `python -m assay.simulate.opinions`"


def test_it_is_about_the_traces_of_the_demo_whenever_that_takes_place():
    found = read(
        FILE.read_text(encoding="utf-8"),
        "csv",
        "f",
        rubrics=rubrics(()),
        defaults=Defaults("default", "", "", "", NOW_MS),
    )
    assert {one.labeller for one in found.labels} == {LABELLER}
    sent = {
        request.resource_spans[0].scope_spans[0].spans[0].trace_id.hex()
        for request in demo(seed=DEMO_SEED, traces=DEMO_TRACES, until_ns=NOW_MS * 1_000_000)
    }
    assert {one.trace_id for one in found.labels} <= sent


def truth(*faults, app="rag", variant=""):
    return Truth("0" * 32, app, "outfitters-help", faults, faults[0] if faults else "", not faults, variant)


def test_what_the_truth_does_not_decide_has_no_label():
    good = [("faithfulness", "supported"), ("relevance", "relevant")]
    assert list(opinions(truth())) == good
    assert list(opinions(truth(app="chat"))) == []
    assert list(opinions(truth("output_format.truncated", variant="cut"))) == []
    assert list(opinions(truth("serving_bottleneck.slow_stage", variant="slow_search"))) == good
    assert (
        dict(opinions(truth("unsupported_generation.contradicts_context", variant="opposite")))["faithfulness"]
        == "unsupported"
    )
    assert list(opinions(truth("retrieval_miss.low_relevance", variant="irrelevant_retold"))) == [
        ("relevance", "off_topic")
    ]
