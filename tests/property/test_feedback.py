"""Ids of feedback: the same statement is the same row however it was written down, and another statement is another row."""

import json

from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import BadPayload
from assay.otlp.feedback import FEEDBACK_COLUMNS, feedback_row, problem, read_feedback
from assay.spans.dialects import carries_feedback, feedback_items
from assay.v1.feedback_pb2 import FeedbackItem, SendFeedbackRequest

NOW = 1_900_000_000_000_000_000
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
HEX = st.text("0123456789abcdefABCDEF", min_size=32, max_size=32)
SAID = st.one_of(
    st.sampled_from([{"thumb": FeedbackItem.UP}, {"thumb": FeedbackItem.DOWN}]),
    st.integers(0, 6).map(lambda stars: {"stars": stars}),
    st.floats(-0.5, 1.5).map(lambda score: {"score": score}),
    TEXT.map(lambda text: {"text": text}),
    TEXT.map(lambda text: {"correction": text}),
    st.integers(0, 5).map(lambda outcome: {"outcome": outcome}),
    st.just({}),
)


@st.composite
def items(draw):
    item = FeedbackItem(
        trace_id=draw(st.one_of(st.just(""), HEX)), span_id=draw(st.one_of(st.just(""), HEX.map(lambda text: text[:16]))),
        response_id=draw(TEXT), comment=draw(TEXT), author=draw(TEXT), source=draw(st.integers(0, 2)), **draw(SAID),
    )  # fmt: skip
    if draw(st.booleans()):
        item.time.FromNanoseconds(
            draw(st.integers(1_600_000_000, 1_600_000_002)) * 1_000_000_000 + draw(st.integers(0, 1))
        )
    return item


def row_of(item, workspace="w", arrived_ns=NOW):
    return feedback_row(item, workspace=workspace, arrived_ns=arrived_ns)


def meaning(item):
    """What the id must tell apart, spelled out: everything but the letter case of ids and unspecified for end user."""
    said = item.WhichOneof("said")
    comment = "\n".join(filter(None, (item.text, item.comment)))
    return (
        item.trace_id.lower(), item.span_id.lower(), item.response_id, item.time.ToNanoseconds(), said,
        None if said in {"text", None} else getattr(item, said), comment, item.author, item.source == FeedbackItem.EXPERT,
    )  # fmt: skip


@given(items(), items())
def test_the_id_is_that_of_what_was_said(one, other):
    if problem(one) or problem(other):
        return
    same = row_of(one)["feedback_id"] == row_of(other, arrived_ns=NOW + 1)["feedback_id"]
    assert same == (meaning(one) == meaning(other))
    assert row_of(one)["feedback_id"] == row_of(one, arrived_ns=NOW + 1)["feedback_id"]
    assert row_of(one)["feedback_id"] != row_of(one, workspace="v")["feedback_id"]


@given(st.lists(items(), max_size=4))
def test_json_and_protobuf_are_the_same_rows(sent):
    request = SendFeedbackRequest(feedback=sent)
    binary, refused = read_feedback(request.SerializeToString(), "protobuf")
    text = json.dumps({"feedback": [json_format.MessageToDict(item) for item in sent]}).encode()
    as_json, refused_too = read_feedback(text, "json")
    assert [row_of(item) for item in binary.feedback] == [row_of(item) for item in as_json.feedback]
    assert refused == refused_too
    assert len(refused) + len(binary.feedback) == len(sent)
    for item in binary.feedback:
        found = row_of(item)
        assert set(found) == set(FEEDBACK_COLUMNS)
        assert found["value"] is None or 0 <= found["value"] <= 1


@given(st.one_of(st.binary(max_size=60), TEXT.map(str.encode)), st.sampled_from(["protobuf", "json"]))
def test_any_bytes_are_read_or_refused(payload, encoding):
    try:
        request, refused = read_feedback(payload, encoding)
    except BadPayload:
        return
    assert all(reason for _, reason in refused)
    assert not any(map(problem, request.feedback))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT | st.sampled_from(["traceId", "thumb", "time", "stars", "text"]), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@given(st.lists(JSON, max_size=3))
def test_any_json_is_read_or_refused_item_by_item(values):
    request, refused = read_feedback(
        json.dumps({"feedback": values}, allow_nan=False, default=str).encode() if _finite(values) else b"{}", "json"
    )
    assert all(reason for _, reason in refused)
    assert len(request.feedback) + len(refused) in {len(values), 0}


def _finite(value):
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


ANYTHING = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just("\ud800"), st.binary(max_size=4)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=8), inner, max_size=2)),
    max_leaves=4,
)
NAMES = st.sampled_from(
    ["thumb", "outcome", "stars", "score", "text", "comment", "author", "source", "trace_id", "span_id"]
)


@given(
    st.one_of(st.sampled_from(["gen_ai.feedback", "user_feedback", "gen_ai.evaluation.result"]), ANYTHING),
    st.dictionaries(NAMES.map("feedback.{}".format), ANYTHING, max_size=4),
    ANYTHING,
    st.integers(0, 2**64 - 1),
)
def test_an_event_may_hold_anything(name, attributes, body, time_ns):
    attributes["gen_ai.evaluation.name"] = "user_feedback"
    if carries_feedback(name, attributes):
        for item in feedback_items(name, attributes, body, trace_id="a" * 32, span_id="", time_ns=time_ns):
            if not problem(item):
                assert len(row_of(item)["feedback_id"]) == 16
