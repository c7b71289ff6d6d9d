"""What span events and log records say about a span, as attributes beside those that it carries itself.

The convention's operation details hold the same keys as the span; the old per-message events become the virtual keys
`@input` and `@output`, documents in Spring AI's log `@documents`; chunk events give the virtual key `@first_token_ns`. An attribute of the span itself wins.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from assay.spans.dialects.messages import parse
from assay.spans.raw import RawLog, RawSpan

_DETAILS = frozenset({"gen_ai.client.inference.operation.details", "gen_ai.client.operation.details"})
_PROMPTS = frozenset(
    {"gen_ai.system.message", "gen_ai.user.message", "gen_ai.assistant.message", "gen_ai.tool.message"}
)
_CHUNKS = frozenset({
    "gen_ai.content.completion.chunk", "llm.content.completion.chunk", "First Token Stream Event", "ai.stream.firstChunk",
    "new_token", "mlflow.chunk.item.0", "first_token", "gen_ai.first_token",
})  # fmt: skip
_CONTENT = frozenset({"gen_ai.content.prompt", "gen_ai.content.completion"})
_SPRING_AI = "org.springframework.ai."


class _Said(NamedTuple):
    """What message events add up to."""

    prompts: list[Any]
    answers: list[Any]
    extra: dict[str, Any]


def is_genai(name: str) -> bool:
    """Whether an event of this name describes the content of a model call or an agent."""
    return name.startswith(("gen_ai.", "llm.")) or name in _CHUNKS


def merged(span: RawSpan, logs: Sequence[RawLog]) -> dict[str, Any]:
    """The span's attributes and what its events and log records add; the same dict where they add nothing."""
    extra: dict[str, Any] = {}
    prompts: list[Any] = []
    answers: list[Any] = []
    said = _Said(prompts, answers, extra)
    attributes = span.attributes
    for event in span.events:
        name = event.name
        if name in _CHUNKS:
            elapsed = event.time_ns - span.start_ns
            if elapsed > 0 and "@first_token_ns" not in extra:
                extra["@first_token_ns"] = elapsed
            if name == "ai.stream.firstChunk":
                extra.update(event.attributes)
        elif name in _DETAILS:
            _add_details(event.attributes, attributes, extra)
        elif name in _PROMPTS or name == "gen_ai.choice":
            _add_message(name, event.attributes, None, said)
        elif name in _CONTENT:
            _add_content(name, event.attributes, prompts, answers)
    for log in sorted(logs, key=_order) if len(logs) > 1 else logs:
        name = log.event_name
        if name in _DETAILS:
            _add_details(log.attributes, attributes, extra)
        elif name in _PROMPTS or name == "gen_ai.choice":
            _add_message(name, log.attributes, log.body, said)
        elif name in _CONTENT:
            _add_content(name, {**log.attributes, "@body": log.body}, prompts, answers)
        elif not name and log.scope_name.startswith(_SPRING_AI) and isinstance(log.body, str):
            _add_logged(log.body, said)
    if prompts:
        extra["@input"] = prompts
    if answers:
        extra["@output"] = answers
    return {**attributes, **extra} if extra else attributes


def _order(log: RawLog) -> tuple[int, int]:
    """Old message events in the order in which they were written: by their index where they carry one."""
    index = log.attributes.get("gen_ai.message.index", log.attributes.get("CHAT_MESSAGE_INDEX"))
    return (index if isinstance(index, int) and log.event_name != "gen_ai.choice" else 1 << 30, log.time_ns)


def _add_details(found: dict[str, Any], own: dict[str, Any], extra: dict[str, Any]) -> None:
    for key, value in found.items():
        if key not in own and value not in (None, "", []):
            extra.setdefault(key, value)


def _add_message(name: str, attributes: dict[str, Any], body: Any, said: "_Said") -> None:
    prompts, answers, extra = said
    content = parse(body) if isinstance(body, str) else body
    item: dict[str, Any] = {"event.name": name}
    if isinstance(content, dict):
        offered = content.get("content")
        if isinstance(offered, dict) and set(offered) == {
            "tools"
        }:  # OpenLLMetry sends the tools as one more user message
            extra.setdefault("gen_ai.tool.definitions", offered["tools"])
            return
        item.update(content)
    elif content:
        item["content"] = content
    if body is None:
        for key in ("content", "message", "role", "id", "finish_reason", "tool_calls", "tool.result", "name"):
            if key in attributes:
                item[key] = attributes[key]
        if "gen_ai.event.content" in attributes:
            inner = parse(attributes["gen_ai.event.content"])
            item.update(inner if isinstance(inner, dict) else {"content": inner})
    if len(item) == 1:
        return
    if name == "gen_ai.choice":
        if "message" in item and "id" in item and "finish_reason" not in item:  # Strands: a tool's answer
            extra.setdefault("@tool.result", item["message"])
        result = item.pop("tool.result", None)
        answers.append(item)
        if result is not None:
            extra.setdefault("@tool.result", result)
    else:
        if name == "gen_ai.tool.message" and "content" in item:
            extra.setdefault("@tool.arguments", item["content"])
        prompts.append(item)


def _add_content(name: str, attributes: dict[str, Any], prompts: list[Any], answers: list[Any]) -> None:
    """LiteLLM and early conventions: `gen_ai.content.prompt` and `gen_ai.content.completion`."""
    body = attributes.get("@body")
    if name.endswith("prompt"):
        value = body if isinstance(body, dict) else attributes.get("gen_ai.prompt", body)
        target = prompts
    else:
        value = body if isinstance(body, dict) else attributes.get("gen_ai.completion", body)
        target = answers
        if value is None and "message.content" in attributes:
            value = {"role": "assistant", "content": attributes["message.content"],
                     "finish_reason": attributes.get("finish_reason")}  # fmt: skip
    value = parse(value)
    if isinstance(value, list):
        target.extend(value)
    elif value:
        target.append(
            value
            if isinstance(value, dict)
            else {"role": "user" if target is prompts else "assistant", "content": value}
        )


def _add_logged(body: str, said: "_Said") -> None:
    """Spring AI's log lines: a heading, then texts without roles as `["...", "..."]`, unescaped; what has no text is
    empty or `null`."""
    heading, _, listed = body.partition("\n")
    listed = listed.strip()
    if len(listed) < 5 or listed[:2] != '["' or listed[-2:] != '"]':
        return
    whole = listed[2:-2]
    texts = [text for text in whole.split('", "') if text and text != "null"]
    if heading == "Chat Model Prompt Content:":
        said.prompts.extend({"role": "user", "content": text} for text in texts)
    elif heading == "Chat Model Completion:" and texts:
        said.answers.append({"role": "assistant", "content": whole})
    elif heading == "Vector Store Query Response:" and texts:
        said.extra["@documents"] = [{"text": text} for text in texts]


_ANNOTATED = ("annotations.", "evaluations.", "trace.", "session.", "span.")


def may_evaluate(keys: Iterable[str]) -> bool:
    """Whether a span with these keys can carry an evaluation in its attributes; asked once for each tuple of keys."""
    return any(
        key in ("gen_ai.evaluation.name", "case_name", "langfuse.observation.type")
        or (key.startswith(_ANNOTATED) and (".annotation." in key or ".evaluation." in key))
        for key in keys
    )


def evaluations(span: RawSpan, logs: Iterable[RawLog]) -> list[dict[str, Any]]:
    """Evaluation results in log records, span events and attributes; one that is reported twice appears once."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    sources = [log.attributes for log in logs if log.event_name == "gen_ai.evaluation.result"]
    sources += [event.attributes for event in span.events if event.name == "gen_ai.evaluation.result"]
    if "gen_ai.evaluation.name" in span.attributes:
        sources.append(span.attributes)
    for attributes in sources:
        made = evaluation(attributes)
        if made is not None:
            found.setdefault((made["name"], made["score"], made["label"], made["explanation"]), made)
    if span.attributes.get("langfuse.observation.type") == "evaluator":
        result = parse(span.attributes.get("langfuse.observation.output"))
        if isinstance(result, dict) and ("score" in result or "label" in result or "value" in result):
            made = _evaluation(
                span.name,
                result.get("score", result.get("value")),
                result.get("label"),
                result.get("reason"),
                "langfuse",
            )
            found.setdefault((made["name"], made["score"], made["label"], made["explanation"]), made)
    for event in span.events:
        if event.name == "langwatch.evaluation.custom":
            result = parse(event.attributes.get("json_encoded_event"))
            if isinstance(result, dict) and isinstance(result.get("name"), str):
                made = _evaluation(
                    result["name"], result.get("score"), result.get("label"), result.get("details"), "langwatch"
                )
                found.setdefault((made["name"], made["score"], made["label"], made["explanation"]), made)
    for made in _annotations(span.attributes):
        found.setdefault((made["name"], made["score"], made["label"], made["explanation"]), made)
    for made in _pydantic(span.attributes):
        found.setdefault((made["name"], made["score"], made["label"], made["explanation"]), made)
    return list(found.values())


def evaluation(attributes: dict[str, Any]) -> dict[str, Any] | None:
    """One `gen_ai.evaluation.*` result."""
    name = attributes.get("gen_ai.evaluation.name")
    if not isinstance(name, str) or not name:
        return None
    source = parse(
        attributes.get("gen_ai.evaluation.evaluator.source")
        or attributes.get("gen_ai.evaluation.source")
        or attributes.get("assay.judge.id")
    )
    if isinstance(source, dict):
        source = source.get("name")
    return _evaluation(
        name,
        attributes.get("gen_ai.evaluation.score.value", attributes.get("gen_ai.evaluation.score")),
        attributes.get("gen_ai.evaluation.score.label", attributes.get("gen_ai.evaluation.label")),
        attributes.get("gen_ai.evaluation.explanation"),
        source,
        error=attributes.get("error.type"),
        response_id=attributes.get("gen_ai.response.id"),
    )


def _evaluation(
    name: str, score: Any, label: Any, explanation: Any, source: Any, *, error: Any = "", response_id: Any = ""
) -> dict[str, Any]:
    if isinstance(score, str):
        try:
            score = float(score)
        except ValueError:
            label, score = label or score, None
    return {
        "name": name,
        "score": float(score) if isinstance(score, int | float) else None,
        "label": _word(label),
        "explanation": _word(explanation),
        "source": _word(source),
        "error_type": _word(error),
        "response_id": _word(response_id),
    }


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else "" if value is None else str(value)


def _annotations(attributes: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """OpenInference `annotations.N.annotation.*` and `evaluations.N.evaluation.*`."""
    rows: dict[str, dict[str, Any]] = {}
    for key, value in attributes.items():
        if key.startswith(_ANNOTATED) and (".annotation." in key or ".evaluation." in key):
            head, _, field = key.rpartition(".")
            rows.setdefault(head, {})[field] = value
    for row in rows.values():
        if isinstance(row.get("name"), str):
            yield _evaluation(
                row["name"], row.get("score"), row.get("label"), row.get("explanation"), row.get("annotator_kind")
            )


def _pydantic(attributes: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """pydantic-evals' offline case spans: `scores`, `labels` and `assertions` as JSON objects by evaluator."""
    if "case_name" not in attributes:
        return
    for key in ("scores", "labels", "assertions"):
        rows = parse(attributes.get(key))
        if not isinstance(rows, dict):
            continue
        for name, row in rows.items():
            if not isinstance(row, dict):
                continue
            value, source = row.get("value"), row.get("source")
            label = value if key != "scores" else None
            score = float(value) if isinstance(value, int | float) and key != "labels" else None
            name_of_source = source.get("name") if isinstance(source, dict) else source
            yield _evaluation(row.get("name") or name, score, label, row.get("reason"), name_of_source)
