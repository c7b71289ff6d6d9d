"""Files with labels: what is written is read back, and what is wrong is named by line and counts for nothing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.cli.plain import neutral
from assay.errors import ConfigError, OperatorMustFix
from assay.judges.judge import library
from assay.judges.rubric import anchors, dimensions, rubric, rubrics
from assay.scorer.human_labels import SOURCES, HumanLabel
from assay.scorer.label_files import COLUMNS, Asked, Defaults, form_of, read, write, write_queue
from assay.taxonomy import kinds

NOW_MS = 1_790_000_000_000
DEFAULTS = Defaults("default", "", "expert", "ann", NOW_MS)
RUBRICS = rubrics(())
TRACE = "0" * 31 + "1"

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAME = TEXT.filter(lambda text: text.strip() != "")
WORD = st.from_regex(r"[a-z0-9.@-]{1,12}", fullmatch=True)


@st.composite
def labels(draw):
    dimension = draw(st.sampled_from(sorted(RUBRICS)))
    judge = RUBRICS[dimension]
    kind = draw(st.sampled_from(("level", "abstain", "value", "unknown rubric")))
    label, value, digest, of = "", draw(st.floats(0, 1)), "", draw(st.sampled_from(("", "older@1")))
    if kind == "level":
        label = draw(st.sampled_from(sorted(judge.scale)))
        value, digest, of = judge.scale[label], judge.rubric_hash, judge.key
    elif kind == "abstain":
        label, value, digest, of = "abstain", None, judge.rubric_hash, judge.key
    elif kind == "unknown rubric":
        label, digest, of = draw(WORD.filter(lambda word: word != "abstain")), draw(WORD), "older@1"
    return HumanLabel(
        draw(WORD), draw(st.from_regex(r"[0-9a-f]{32}", fullmatch=True)), dimension, draw(st.sampled_from(SOURCES)), draw(NAME), label, value,
        digest, of, draw(TEXT), draw(TEXT), draw(st.floats(1e-9, 1)), draw(st.sampled_from(("", "offline.faithfulness"))), draw(TEXT),
        draw(st.integers(1_000_000_000_000, NOW_MS)),
    )  # fmt: skip


@given(st.lists(labels(), max_size=5), st.sampled_from(("jsonl", "csv")))
def test_what_is_written_is_read_back(said, form):
    assert read(write(said, form), form, "file", rubrics=RUBRICS, defaults=DEFAULTS) == (said, 0)


@given(st.text(max_size=200), st.sampled_from(("jsonl", "csv")))
def test_any_text_is_read_or_refused_with_its_lines(text, form):
    try:
        read(text, form, "file", rubrics=RUBRICS, defaults=DEFAULTS)
    except OperatorMustFix as refused:
        said = str(refused)
    else:
        said = "file:"
    assert "file:" in said


def problem(row, form="jsonl"):
    with pytest.raises(OperatorMustFix) as refused:
        read(json.dumps(row), form, "f", rubrics=RUBRICS, defaults=DEFAULTS)
    return str(refused.value).partition("f:1: ")[2]


GOOD = {"trace_id": TRACE, "dimension": "faithfulness", "label": "supported"}


@pytest.mark.parametrize(("change", "words"), [
    ({"trace_id": "4bf9"}, "32 hexadecimal digits"),
    ({"dimension": "faithfullness"}, "Did you mean 'faithfulness'?"),
    ({"dimension": ""}, "dimension is missing"),
    ({"label": "suported"}, "Did you mean 'supported'?"),
    ({"label": "supported", "value": 0.5}, "has the value 1.0, not 0.5"),
    ({"label": "abstain", "value": 0.5}, "gives no value"),
    ({"label": "", "value": 1.5}, "from 0 to 1"),
    ({"label": "", "value": "high"}, "must be a number"),
    ({"label": "", "value": "nan"}, "must be a number"),
    ({"label": "", "value": True}, "must be a number"),
    ({"label": "fine", "rubric_of": "faithfulness@99"}, "value is missing: the levels of faithfulness@99 are not known"),
    ({"source": "boss"}, "expert, corrected, end_user"),
    ({"labeller": " "}, "labeller is missing"),
    ({"probability": 0}, "above 0"),
    ({"time": "yesterday"}, "2026-11-21T09:30:00Z"),
    ({"time": "2999-01-01T00:00:00Z"}, "between 1970 and tomorrow"),
    ({"comment": 3}, "comment must be a text"),
    ({"coment": "x"}, "unknown column 'coment'. Did you mean 'comment'?"),
])  # fmt: skip
def test_a_wrong_value_says_what_to_write_instead(change, words):
    assert words in problem(GOOD | change)


def test_every_wrong_line_is_named_and_none_of_the_right_ones_counts():
    lines = [GOOD, GOOD | {"label": "x"}, GOOD, GOOD | {"source": "x"}]
    with pytest.raises(OperatorMustFix, match=r"because of 2 lines:\n  f:2: .*\n  f:4: "):
        read("\n".join(map(json.dumps, lines)), "jsonl", "f", rubrics=RUBRICS, defaults=DEFAULTS)


def test_lines_of_csv_are_counted_as_an_editor_counts_them():
    text = (
        f'trace_id,dimension,label,comment\n{TRACE},faithfulness,supported,"over\ntwo lines"\n{TRACE},faithfulness,x,\n'
    )
    with pytest.raises(OperatorMustFix, match="f:4: 'x' is no level"):
        read(text, "csv", "f", rubrics=RUBRICS, defaults=DEFAULTS)


def test_what_a_line_leaves_out_is_what_the_command_says():
    found = read(f"trace_id,label\n{TRACE.upper()},supported\n", "csv", "f", rubrics=RUBRICS, defaults=DEFAULTS._replace(dimension="faithfulness", source="corrected"))  # fmt: skip
    judge = RUBRICS["faithfulness"]
    assert found.labels == [
        HumanLabel(
            "default", TRACE, "faithfulness", "corrected", "ann", "supported", 1.0, judge.rubric_hash, judge.key, "", "", 1.0, "", "", NOW_MS,
        )
    ]  # fmt: skip


def test_a_cell_never_begins_like_a_formula():
    asked = [Asked("default", TRACE, {"question": '=HYPERLINK("http://evil")', "answer": "-1", "context": "@x"})]
    text = write_queue(asked, RUBRICS["faithfulness"], "csv")
    assert "\"'=HYPERLINK" in text
    assert ",'-1," in text
    assert ",'@x," in text


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_queue_that_nobody_filled_in_has_no_labels(form):
    asked = [Asked("default", TRACE, {"question": "q", "answer": "a", "context": "c"})] * 3
    assert read(write_queue(asked, RUBRICS["faithfulness"], form), form, "f", rubrics=RUBRICS, defaults=DEFAULTS) == (
        [],
        3,
    )


def test_forms_go_by_the_end_of_the_name():
    assert [form_of(name) for name in ("a.jsonl", "a.ndjson", "a.CSV", "-")] == ["jsonl", "jsonl", "csv", "jsonl"]
    with pytest.raises(OperatorMustFix, match=r"\.jsonl"):
        form_of("labels.xlsx")


def test_people_use_the_anchored_levels_of_a_dimension():
    assert {name: judge.id for name, judge in RUBRICS.items()} == {judge.dimension: judge.id for judge in library() if not judge.id.startswith("offline.")}  # fmt: skip
    for judge in RUBRICS.values():
        assert list(anchors(judge)) == list(judge.scale)
        assert all(anchors(judge).values()), judge.id
    assert rubric("tone", ()).id == "tone"


def test_a_label_of_the_taxonomy_is_a_dimension_with_two_levels():
    judge = rubric("safety_policy.prompt_injection", ())
    assert judge.scale == {"present": 0.0, "absent": 1.0}
    assert all("For instance: " in anchor for anchor in anchors(judge).values())
    assert set(dimensions(())) == {*RUBRICS, *kinds()}
    with pytest.raises(ConfigError, match="Did you mean faithfulness"):
        rubric("faithfullness", ())


def test_columns_of_a_file_are_those_of_a_label():
    assert set(COLUMNS) == {*HumanLabel._fields, "time"} - {"time_ms"}


def test_controls_of_telemetry_are_shown():
    assert (
        neutral("a\x1b[2Jb\x9bc\x7f\r\nd\te\u202ef\U000e0041\u2028g\u200dh\x00")
        == "a␛[2Jb‹U+009B›c␡\nd   e‹U+202E›f‹U+E0041›\ng\u200dh␀"
    )


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_nothing_that_is_shown_controls_a_terminal(text):
    assert all(one.isprintable() or one in "\n\u200c\u200d" for one in neutral(text))
