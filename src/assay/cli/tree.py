"""A trace as plain data and as lines: the whole pipeline, stage by stage, for a terminal or an incident channel.

In: rows of `queries/trace_spans.sql` and the texts that they refer to. Out: `assemble` gives nested plain values (what
`--json` prints), `render` gives lines of styled text. Promise: any set of spans renders, also with cyclic, missing or
repeated parents; every span appears once.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rich.text import Text

from assay.cli.plain import neutral
from assay.taxonomy import kinds

BAR_CELLS = 20
NO_HASH = "0" * 32
SHORT_CHARACTERS = 160
SHOWN_DOCUMENTS = 12
DEEPEST = 50
"""Levels of nesting. What is deeper stands on the deepest level: each level indents all below it, and JSON that is nested
thousands of levels deep no program writes or reads."""
HASHES = ("question", "answer", "system_prompt", "tool_arguments", "tool_result", "retrieval_query")
HASH_LISTS = ("tool_call_arguments", "document_texts")

Row = Mapping[str, Any]


def hashes_of(rows: Iterable[Row]) -> list[str]:
    """Every content hash that the rows refer to, once."""
    found: dict[str, None] = {}
    for row in rows:
        found.update(dict.fromkeys(row[name] for name in HASHES))
        for name in HASH_LISTS:
            found.update(dict.fromkeys(row[name]))
    found.pop(NO_HASH, None)
    return list(found)


def assemble(
    trace_id: str,
    rows: Iterable[Row],
    texts: Mapping[str, str],
    findings: Iterable[Row] = (),
    feedback: Sequence[Row] = (),
) -> dict[str, Any]:
    """The trace as nested plain values: a summary with `feedback`, and `spans` with their `children` and `findings`."""
    spans = [_span(row, texts) for row in rows]
    found = [_finding(row) for row in findings]
    by_span: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        by_span.setdefault(one["span_id"], []).append(one)
    for span in spans:
        span["findings"] = by_span.get(span["span_id"], [])
    start_ns = min(span["start_ns"] for span in spans)
    end_ns = max(span["start_ns"] + span["duration_ns"] for span in spans)
    for span in spans:
        span["offset_ms"] = (span["start_ns"] - start_ns) / 1e6
    roots = _nest(spans)
    counted = [span for span in spans if span["counts"]]
    costs = [span["cost_usd"] for span in counted if span["cost_usd"] is not None]
    ordered = sorted(spans, key=lambda span: (span["start_ns"], span["span_id"]))
    by_end = sorted(spans, key=lambda span: (span["start_ns"] + span["duration_ns"], span["span_id"]))
    failed = [span for span in by_end if span["status"] == "error"]
    root_spans = [span for span in ordered if not span["parent_span_id"]]
    labels: dict[str, str] = {}
    for span in reversed(ordered):
        labels.update(span["labels"])
    return {
        "trace_id": trace_id,
        "workspace": ordered[0]["workspace"],
        "start_time": datetime.fromtimestamp(start_ns / 1e9, UTC).isoformat(timespec="milliseconds"),
        "duration_ms": (end_ns - start_ns) / 1e6,
        "service": (root_spans or ordered)[0]["service"],
        "name": (root_spans or ordered)[0]["name"],
        "root_missing": not root_spans,
        "spans_total": len(spans),
        "model_calls": sum(span["stage"] in {"generation", "embedding"} for span in counted),
        "errors": len(failed),
        "error_type": next((span["error_type"] for span in failed if span["error_type"]), ""),
        "input_tokens": sum(span["input_tokens"] or 0 for span in counted),
        "output_tokens": sum(span["output_tokens"] or 0 for span in counted),
        "cost_usd": sum(costs) if costs else None,
        "unpriced_calls": sum(
            span["cost_usd"] is None and span["input_tokens"] is not None and span["usage_role"] == "own"
            for span in spans
        ),
        "models": sorted({span["model"] for span in spans if span["model"]}),
        **{
            name: next((span[name] for span in ordered if span[name]), "")
            for name in ("request_id", "conversation_id", "user_id", "feature", "route", "workflow", "intent")
        },
        # What was said after the fact wins, as in the view `traces`.
        "outcome": next((one["outcome"] for one in reversed(feedback) if one["outcome"]), "")
        or next((span["outcome"] for span in reversed(by_end) if span["outcome"]), ""),
        "feedback": [dict(one) for one in feedback],
        "labels": dict(sorted(labels.items())),
        "primary": next((one["label"] for one in found if one["primary"]), ""),
        "findings": [one for one in found if not one["span_id"]],
        "question": next((span["question"] for span in ordered if span["question"]), ""),
        "answer": _final_answer(by_end),
        "spans": roots,
    }


def render(trace: Mapping[str, Any], *, width: int) -> Iterator[Text]:
    """Lines of the trace, each at most `width` cells where that is possible."""
    yield _headline(trace)
    yield from _facts(trace)
    if trace["primary"]:
        yield Text.assemble(
            ("  because of  ", "dim"), (trace["primary"], "bold"), (f"  {kinds()[trace['primary']].fix}", "dim")
        )
    for finding in trace["findings"]:
        yield Text(
            f"  {MARKS[finding['severity']]} {finding_line(finding, width - 4)}",
            style=SEVERITY_STYLES[finding["severity"]],
        )
    for letter, text in (("Q", trace["question"]), ("A", trace["answer"])):
        if text:
            yield Text.assemble(("  " + letter + "  ", "bold"), shortened(text, max(40, width - 8)))
    for one in trace["feedback"]:
        yield Text.assemble(("  ☞  ", "bold"), shortened(_opinion(one), max(40, width - 8)))
    yield Text("")
    yield Text(f"  {'start':>9}  {'duration':>9}  {'':{BAR_CELLS}}  pipeline", style="dim")
    for position, root in enumerate(trace["spans"]):
        yield from _lines(root, "", last=position == len(trace["spans"]) - 1, top=True, trace=trace, width=width)


def _opinion(one: Mapping[str, Any]) -> str:
    """One statement of feedback in a line."""
    rated = {
        "thumb": "thumb up" if one["value"] else "thumb down",
        "stars": f"{(one['value'] or 0) * 4 + 1:.0f} of 5 stars",
    }
    what = rated.get(one["kind"]) or one["outcome"] or (f"{one['value']:g} of 1" if one["kind"] == "score" else "")
    words = f"should be: {one['correction']}" if one["correction"] else one["comment"]
    who = one["author"] or one["source"].replace("_", " ")
    return f"{who}: {'. '.join(filter(None, (what, words)))}"


def shortened(text: str, limit: int = SHORT_CHARACTERS) -> str:
    """One line of at most `limit` characters; what would control a terminal is shown."""
    line = " ".join(neutral(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def duration(ms: float) -> str:
    """Milliseconds as a person writes them."""
    if ms >= 60_000:
        return f"{int(ms // 60_000)} m {ms % 60_000 / 1000:.0f} s"
    if ms >= 10_000:
        return f"{ms / 1000:.1f} s"
    if ms >= 1_000:
        return f"{ms / 1000:.2f} s"
    return f"{ms:.0f} ms" if ms >= 10 or ms == 0 else f"{ms:.1f} ms"


def dollars(usd: float | Decimal | None) -> str:
    """A cost; `unknown` where no price is known."""
    if usd is None:
        return "unknown"
    value = float(usd)
    if 0 < value < 0.000001:
        return "<$0.000001"
    return (
        f"${value:.2f}"
        if value >= 1 or value == 0
        else f"${value:.4f}"
        if value >= 0.001
        else f"${value:.6f}".rstrip("0")
    )


def message_text(message: str) -> str:
    """What a message of the convention says; anything else as it is."""
    try:
        value = json.loads(message)
        parts = value["parts"]
        said = [str(part.get("content") or "") for part in parts if part.get("type") in {"text", "reasoning"}]
        calls = [f"→ {part.get('name')}({_flat(part.get('arguments'))})" for part in parts if "arguments" in part]
        answers = [f"← {_flat(part.get('response', part.get('result')))}" for part in parts if "response" in part]
        empty = all(part.get("type") == "text" for part in parts)
        return " ".join(str(text) for text in (*said, *calls, *answers) if text) or ("" if empty else message)
    except (ValueError, KeyError, TypeError, AttributeError):
        return message


def _flat(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _span(row: Row, texts: Mapping[str, str]) -> dict[str, Any]:
    span = dict(row)
    for name in HASHES:
        span[name] = texts.get(row[name], "")
    for name in ("question", "answer"):
        span[name] = message_text(span[name]) if span[name] else ""
    names, arguments = list(row["tool_call_names"]), list(row["tool_call_arguments"])
    ids = list(row["tool_call_ids"])
    span["tool_calls"] = [
        {
            "name": name,
            "id": ids[index] if index < len(ids) else "",
            "arguments": texts.get(arguments[index], "") if index < len(arguments) else "",
        }
        for index, name in enumerate(names)
    ]
    span["documents"] = [_document(row, index, texts) for index in range(len(row["document_ids"]))]
    span["guardrails"] = dict(zip(row["guardrail_names"], row["guardrail_verdicts"], strict=False))
    span["labels"] = dict(zip(row["cohort_keys"], row["cohort_values"], strict=False))
    span["cost_usd"] = None if row["cost_usd"] is None else float(row["cost_usd"])
    span["duration_ms"] = row["duration_ns"] / 1e6
    for name in (
        "cost", "tool_call_names", "tool_call_ids", "tool_call_arguments", "document_ids", "document_ranks",
        "document_scores", "document_texts", "document_versions", "document_updated_at", "document_selected",
        "guardrail_names", "guardrail_verdicts", "cohort_keys", "cohort_values",
    ):  # fmt: skip
        span.pop(name, None)
    span["children"] = []
    return span


def _finding(row: Row) -> dict[str, Any]:
    evidence = json.loads(row["evidence"]) if row["evidence"] else []
    return {
        **row,
        "evidence": evidence,
        "confidence": round(float(row["confidence"]), 2),
        "primary": bool(row["primary"]),
    }


def finding_line(finding: Mapping[str, Any], width: int) -> str:
    """A finding in one line: label, and the first piece of evidence in a few words."""
    said = ""
    for one in finding["evidence"][:1]:
        numbers = ", ".join(f"{name} {value}" for name, value in one.get("numbers", {}).items() if value != "")
        quoted = f"“{shortened(one['quote'], 90)}”" if one.get("quote") else ""
        said = "  ".join(filter(None, (numbers, quoted, one.get("note", ""))))
    return shortened(f"{finding['label']}  {said}", max(60, width))


def _final_answer(by_end: list[dict[str, Any]]) -> str:
    """What the trace said in the end; nothing where the last model call failed, since an earlier answer is not its answer."""
    for span in reversed(by_end):
        if span["answer"]:
            return str(span["answer"])
        if span["stage"] == "generation" and span["status"] == "error":
            return ""
    return ""


def _document(row: Row, index: int, texts: Mapping[str, str]) -> dict[str, Any]:
    def at(name: str, otherwise: Any) -> Any:
        values = row[name]
        return values[index] if index < len(values) else otherwise

    selected = at("document_selected", 2)
    return {
        "id": row["document_ids"][index],
        "rank": at("document_ranks", index + 1),
        "score": at("document_scores", None),
        "version": at("document_versions", ""),
        "updated_at": at("document_updated_at", ""),
        "selected": None if selected == 2 else bool(selected),
        "text": texts.get(at("document_texts", NO_HASH), ""),
    }


def _nest(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put spans below their parents, down to `DEEPEST`; a cycle is cut at its oldest span."""
    by_id = {span["span_id"]: span for span in spans}
    ordered = sorted(spans, key=lambda span: (span["start_ns"], -span["duration_ns"], span["span_id"]))
    below: dict[str, list[dict[str, Any]]] = {}
    roots: list[dict[str, Any]] = []
    for span in ordered:
        parent = span["parent_span_id"]
        if parent in by_id and parent != span["span_id"]:
            below.setdefault(parent, []).append(span)
        else:
            roots.append(span)
    seen: set[str] = set()

    def adopt(root: dict[str, Any]) -> None:
        waiting = [(root, root, 1)]
        seen.add(root["span_id"])
        while waiting:
            span, holder, level = waiting.pop()
            for child in below.get(span["span_id"], ()):
                if child["span_id"] not in seen:
                    seen.add(child["span_id"])
                    holder["children"].append(child)
                    waiting.append((child, child, level + 1) if level + 1 < DEEPEST else (child, holder, level))

    for root in roots:
        adopt(root)
    for span in ordered:
        if span["span_id"] not in seen:
            roots.append(span)
            adopt(span)
    return roots


def _headline(trace: Mapping[str, Any]) -> Text:
    parts = [
        (f"trace {trace['trace_id']}", "bold"),
        (f"  {trace['service']} · {trace['name']} · ", ""),
        (duration(trace["duration_ms"]), "bold"),
        (f" · {_counted(trace['spans_total'], 'span')} · {_counted(trace['model_calls'], 'model call')}", ""),
    ]
    if trace["model_calls"] or trace["input_tokens"]:
        cost = dollars(trace["cost_usd"]) if trace["cost_usd"] is not None else "cost unknown"
        more = " or more" if _partly_priced(trace) else ""
        parts.append((f" · {trace['input_tokens']:,} → {trace['output_tokens']:,} tokens · {cost}{more}", ""))
    if trace["errors"]:
        what = f" ({trace['error_type']})" if trace["error_type"] else ""
        parts.append((f" · {_counted(trace['errors'], 'error')}{what}", "bold red"))
    return Text.assemble(*parts)


def _partly_priced(trace: Mapping[str, Any]) -> bool:
    return trace["cost_usd"] is not None and bool(trace["unpriced_calls"])


def _facts(trace: Mapping[str, Any]) -> Iterator[Text]:
    named = (
        ("user", "user_id"), ("conversation", "conversation_id"), ("request", "request_id"), ("feature", "feature"),
        ("route", "route"), ("workflow", "workflow"), ("intent", "intent"), ("outcome", "outcome"),
    )  # fmt: skip
    facts = [f"{word} {trace[name]}" for word, name in named if trace[name]]
    facts.extend(f"{key}={value}" for key, value in trace["labels"].items())
    if trace["workspace"] != "default":
        facts.insert(0, f"workspace {trace['workspace']}")
    yield Text("  " + " · ".join([trace["start_time"].replace("+00:00", "Z"), *facts]), style="dim")
    if trace["root_missing"]:
        yield Text("  The root span has not arrived: what is above is not shown.", style="yellow")


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _bar(span: Mapping[str, Any], total_ms: float) -> str:
    """Where the span lies in the trace, in cells; at least one cell."""
    if total_ms <= 0:
        return "█" * BAR_CELLS
    first: int = min(BAR_CELLS - 1, int(span["offset_ms"] / total_ms * BAR_CELLS))
    last: int = min(BAR_CELLS, max(first + 1, round((span["offset_ms"] + span["duration_ms"]) / total_ms * BAR_CELLS)))
    return " " * first + "█" * (last - first) + " " * (BAR_CELLS - last)


MARKS = {"error": "✗", "warning": "!", "info": "·"}
SEVERITY_STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}
STAGE_STYLES = {
    "retrieval": "cyan", "rerank": "cyan", "context": "cyan", "generation": "magenta", "tool": "yellow",
    "guardrail": "green", "agent": "blue", "embedding": "cyan",
}  # fmt: skip


def _lines(
    span: Mapping[str, Any], indent: str, *, last: bool, top: bool, trace: Mapping[str, Any], width: int
) -> Iterator[Text]:
    # An explicit stack: a hostile trace may be deeper than Python's own.
    stack: list[tuple[Mapping[str, Any], str, bool, bool]] = [(span, indent, last, top)]
    blank = " " * (2 + 9 + 2 + 9 + 2 + BAR_CELLS + 2)
    while stack:
        current, before, is_last, is_top = stack.pop()
        branch = "" if is_top else "└─ " if is_last else "├─ "
        after = before if is_top else before + ("   " if is_last else "│  ")
        failed = current["status"] == "error"
        yield Text.assemble(
            (f"  {'+' + duration(current['offset_ms']):>9}  {duration(current['duration_ms']):>9}  ", ""),
            (_bar(current, trace["duration_ms"]), "red" if failed else STAGE_STYLES.get(current["stage"], "white")),
            ("  " + before + branch, "dim"),
            (f"{current['stage']} ", STAGE_STYLES.get(current["stage"], "") + " bold"),
            (current["name"], "red" if failed else ""),
            (f"  [{current['service']}]" if current["service"] != trace["service"] else "", "dim"),
        )
        bar = after + ("│  " if current["children"] else "   ")
        room = max(40, width - len(blank) - len(bar))
        for text, style in _details(current, room):
            yield Text.assemble(blank, (bar, "dim"), (text, style))
        stack.extend(
            (child, after, position == 0, False) for position, child in enumerate(reversed(current["children"]))
        )


def _details(span: Mapping[str, Any], room: int) -> Iterator[tuple[str, str]]:
    """What a person needs to know about one span, with a style for each line."""
    call = list(_call_facts(span))
    if call:
        yield " · ".join(call), ""
    if span["usage_role"] == "twin":
        yield f"second report of {span['twin_of']}, not counted", "dim"
    elif span["usage_role"] == "repeats_children":
        yield "usage repeats its children, not counted", "dim"
    if span["status"] == "error":
        what = [span["error_type"], str(span["http_status"] or ""), span["error_class"], span["status_message"]]
        yield shortened("error: " + " · ".join(dict.fromkeys(word for word in what if word)), room), "red"
    if span["retrieval_query"]:
        yield shortened(f"query: {span['retrieval_query']}", room), ""
    if span["data_source"]:
        yield f"from {span['data_source']}", ""
    for document in span["documents"][:SHOWN_DOCUMENTS]:
        mark = {True: "✓", False: "✗", None: " "}[document["selected"]]
        score = "      " if document["score"] is None else f"{document['score']:6.3f}"
        version = f" @{document['version']}" if document["version"] else ""
        text = f"  {document['text']}" if document["text"] else ""
        yield (
            shortened_right(
                f"{mark} #{document['rank']:<2} {score}  {document['id'] or '(no id)'}{version}{text}", room
            ),
            ("dim" if document["selected"] is False else ""),
        )
    if len(span["documents"]) > SHOWN_DOCUMENTS:
        yield f"… {len(span['documents']) - SHOWN_DOCUMENTS} more documents", "dim"
    if span["stage"] == "retrieval" and not span["documents"]:
        yield "no documents", "yellow"
    if span["tool_arguments"]:
        yield shortened(f"arguments: {span['tool_arguments']}", room), ""
    if span["tool_result"]:
        yield shortened(f"result: {span['tool_result']}", room), ""
    for tool in span["tool_calls"]:
        yield shortened(f"→ {tool['name']}({tool['arguments']})", room), "yellow"
    for name, verdict in span["guardrails"].items():
        yield f"guardrail {name}: {verdict}", "green" if verdict in {"pass", "allow"} else "red"
    for finding in span["findings"]:
        yield f"{MARKS[finding['severity']]} {finding_line(finding, room - 2)}", SEVERITY_STYLES[finding["severity"]]


def shortened_right(text: str, limit: int) -> str:
    """Like `shortened`, but keeps the runs of spaces that align columns."""
    line = text.replace("\n", " ")
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _call_facts(span: Mapping[str, Any]) -> Iterator[str]:
    if span["model"]:
        asked = span["request_model"]
        yield span["model"] + (f" (asked for {asked})" if asked and asked != span["model"] else "")
    if span["prompt_name"] or span["prompt_version"]:
        yield f"prompt {span['prompt_name']}@{span['prompt_version']}".replace("prompt @", "prompt version ").rstrip(
            "@"
        )
    if span["input_tokens"] is not None or span["output_tokens"] is not None:
        cached = f" ({span['cache_read_tokens']:,} cached)" if span["cache_read_tokens"] else ""
        reasoning = f" ({span['reasoning_tokens']:,} reasoning)" if span["reasoning_tokens"] else ""
        into = "?" if span["input_tokens"] is None else f"{span['input_tokens']:,}"
        out = "?" if span["output_tokens"] is None else f"{span['output_tokens']:,}"
        yield f"{into}{cached} → {out}{reasoning} tokens"
    if span["cost_usd"] is not None:
        yield dollars(span["cost_usd"])
    elif span["model"] and span["input_tokens"] is not None:
        yield "price unknown"
    if span["time_to_first_token_ns"] is not None:
        yield f"first token {duration(span['time_to_first_token_ns'] / 1e6)}"
    if span["finish_reasons"]:
        yield ",".join(dict.fromkeys(span["finish_reasons"]))
    if span["retry_count"]:
        yield _counted(span["retry_count"], "retry").replace("retrys", "retries")
    if span["clock_flags"]:
        yield f"clock: {span['clock_flags']}"
