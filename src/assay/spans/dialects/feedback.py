"""Feedback in log events: which events carry it, and what their attributes say.

    event name, attributes, body ─► one FeedbackItem for each thing that was said

`gen_ai.feedback` is ours; its attributes are the fields of `assay.v1.FeedbackItem` behind `feedback.`. `gen_ai.evaluation.result` with the
name `user_feedback` is what applications send that follow the guides of hosted platforms, for instance
https://learn.microsoft.com/en-us/azure/foundry/observability/how-to/log-end-user-feedback and
https://coralogix.com/docs/user-guides/data-layer/default-dataspace/ai-evaluations/.
"""

import math
from collections.abc import Mapping
from typing import Any

from assay.v1.feedback_pb2 import FeedbackItem

EVENTS = frozenset({"gen_ai.feedback", "feedback", "user_feedback"})

METADATA_KEYS = frozenset(
    f"feedback.{name}" for name in ("trace_id", "span_id", "thumb", "stars", "score", "outcome", "source", "author")
) | {"gen_ai.evaluation.name", "gen_ai.evaluation.score.label"}
"""Attributes that hold nothing that anybody wrote."""

_THUMBS = {
    "up": FeedbackItem.UP, "thumbs_up": FeedbackItem.UP, "positive": FeedbackItem.UP, "true": FeedbackItem.UP,
    "down": FeedbackItem.DOWN, "thumbs_down": FeedbackItem.DOWN, "negative": FeedbackItem.DOWN, "false": FeedbackItem.DOWN,
}  # fmt: skip
_OUTCOMES = {name.lower(): number for name, number in FeedbackItem.Outcome.items() if number}
_STARS = frozenset({1, 2, 3, 4, 5})
_EXPERTS = frozenset({"expert", "annotator", "reviewer"})


def carries_feedback(event_name: Any, attributes: Mapping[str, Any]) -> bool:
    """Whether an event says what somebody thinks of an answer."""
    # A name is whatever a sender put there, also a list.
    return (isinstance(event_name, str) and event_name in EVENTS) or (
        event_name == "gen_ai.evaluation.result" and attributes.get("gen_ai.evaluation.name") == "user_feedback"
    )


def feedback_items(
    event_name: str, attributes: Mapping[str, Any], body: Any, *, trace_id: str, span_id: str, time_ns: int
) -> list[FeedbackItem]:
    """What an event that `carries_feedback` says; `trace_id` and `span_id` are those that its record belongs to.

    An item may still have something wrong with it: `assay.otlp.feedback.problem`.
    """
    said = _of_evaluation(attributes) if event_name not in EVENTS else _of_event(attributes, body)
    about = _word(attributes.get("feedback.trace_id"))
    common: dict[str, Any] = {
        # Feedback is often given in a request of its own, whose trace is another one.
        "trace_id": about or trace_id,
        "span_id": _word(attributes.get("feedback.span_id")) if about else span_id,
        "response_id": _word(attributes.get("gen_ai.response.id")),
        "comment": _word(said.pop("comment", "")),
        "author": _word(said.pop("author", "") or attributes.get("user.id") or attributes.get("enduser.id")),
        "source": FeedbackItem.EXPERT if said.pop("source", "") in _EXPERTS else FeedbackItem.END_USER,
    }
    items = [FeedbackItem(**common, **{name: value}) for name, value in said.items()] or [FeedbackItem(**common)]
    if len(items) == 1 and common["comment"] and items[0].WhichOneof("said") is None:
        items[0].text, items[0].comment = common["comment"], ""
    for number, item in enumerate(items):
        if number:
            item.comment = ""  # it was said once
        item.time.seconds, item.time.nanos = divmod(time_ns, 1_000_000_000)
    return items


def _of_event(attributes: Mapping[str, Any], body: Any) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if isinstance(body, str) and body.strip():
        given["comment"] = body
    given |= {key[len("feedback.") :]: value for key, value in attributes.items() if key.startswith("feedback.")}
    found: dict[str, Any] = {
        name: _word(given[name]) for name in ("text", "correction", "comment", "author") if _word(given.get(name))
    }
    found["source"] = _word(given.get("source")).lower()
    if "thumb" in given:
        found["thumb"] = _THUMBS.get(_word(given["thumb"]).lower(), FeedbackItem.THUMB_UNSPECIFIED)
    if "outcome" in given:
        found["outcome"] = _OUTCOMES.get(_word(given["outcome"]).lower(), FeedbackItem.OUTCOME_UNSPECIFIED)
    if "stars" in given:
        found["stars"] = _stars(given["stars"])
    if "score" in given:
        found["score"] = _number(given["score"])
    return found


def _of_evaluation(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """A label that names a thumb, else a score: -1 is a thumb down, up to 1 a share of the best, 2 to 5 are stars."""
    found: dict[str, Any] = {"comment": _word(attributes.get("gen_ai.evaluation.explanation"))}
    label = _word(attributes.get("gen_ai.evaluation.score.label", attributes.get("gen_ai.evaluation.label"))).lower()
    score = _number(attributes.get("gen_ai.evaluation.score.value", attributes.get("gen_ai.evaluation.score")))
    if label in _THUMBS:
        found["thumb"] = _THUMBS[label]
    elif score == -1:
        found["thumb"] = FeedbackItem.DOWN
    elif score > 1:
        found["stars"] = _stars(score)
    elif not math.isnan(score):
        found["score"] = score
    return found


def _stars(value: Any) -> int:
    number = _number(value)
    return int(number) if number in _STARS else 0


def _number(value: Any) -> float:
    """NaN where it is none."""
    try:
        return float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else float("nan")
    except ValueError:
        return float("nan")


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else "" if value is None else str(value)
    # JSON can hold half of a surrogate pair, protobuf cannot.
    return text.encode("utf-8", "replace").decode()
