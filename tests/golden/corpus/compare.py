"""One scenario: what the truth expects, what the bytes can give, what the canonical rows hold.

`compare(truth, evidence, rows, evaluations)` gives one `Value` per expected value. The rule of every field stands at
the function that scores it; what they share: a value is recoverable when it is in the bytes in a place that means it,
and when that is in doubt it is recoverable. Values are compared as multisets, so a wrong value costs a right one.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from tests.golden.corpus.evidence import Evidence, as_number, canonical, opened

Row = dict[str, Any]
Truth = dict[str, Any]


class Value(NamedTuple):
    """One expected value of one field, and whether it came back."""

    field: str
    expected: str
    recovered: bool
    found: str
    """What the rows hold instead."""


TOKEN_FIELDS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")

FIELDS = (
    "operation", "provider", "request_model", "response_model", "response_id", *TOKEN_FIELDS, "finish_reasons",
    "prompt_text", "completion_text", "system_text", "tool_definitions", "tool_calls", "tool_results", "query",
    "document_ids", "document_scores", "document_texts", "document_ranks", "conversation_id", "user_id", "error_type",
    "prompt_version", "evaluations",
)  # fmt: skip

PROVIDERS = {
    "google": ("gcp.gemini", "gcp.gen_ai", "gcp.vertex_ai"),
    "gemini": ("gcp.gemini", "gcp.gen_ai", "gcp.vertex_ai"),
    "mistral": ("mistral_ai",),
    "mistralai": ("mistral_ai",),
    "bedrock": ("aws.bedrock",),
    "aws": ("aws.bedrock",),
    "azure": ("azure.ai.openai", "azure.ai.inference"),
    "xai": ("x_ai",),
}
"""The truth's provider word to the names of the convention; any other word is its own name."""

PROVIDER_WORDS = {"google": r"google|gemini|gcp|vertex", "gemini": r"google|gemini|gcp|vertex", "xai": r"x_?ai|grok"}

FINISH = {
    "end_turn": "stop", "stop_sequence": "stop", "completed": "stop", "complete": "stop", "eos": "stop",
    "max_tokens": "length", "max_output_tokens": "length", "incomplete": "length",
    "tool_calls": "tool_call", "tool_use": "tool_call", "function_call": "tool_call", "tool_execution": "tool_call",
    "safety": "content_filter", "refusal": "content_filter", "guardrail_intervened": "content_filter",
    "recitation": "content_filter", "prohibited_content": "content_filter", "blocklist": "content_filter",
}  # fmt: skip
"""Words of providers and SDKs to the words of the convention (stop, length, tool_call, content_filter, error)."""


_EMPTY_TRUTH: Truth = {
    "llm_calls": [], "embedding_calls": [], "rerank_calls": [], "retrievals": [], "tool_executions": [], "agents": [],
    "evaluations": [],
}  # fmt: skip


def compare(truth: Truth, evidence: Evidence, rows: list[Row], evaluations: list[dict[str, Any]]) -> list[Value]:
    """Every recoverable value of the scenario."""
    truth = {**_EMPTY_TRUTH, **truth}
    values: list[Value] = []
    for score in SCORES:
        values += score(truth, evidence, rows)
    values += _evaluations(truth, evidence, evaluations)
    return values


# What a model call is called -------------------------------------------------------------------------------------


def model_calls(rows: Iterable[Row], column: str) -> list[Row]:
    """Rows that are one model call, each call once; where no row is, any row may carry what was asked (agent-only
    dialects). Of twins the report that counts speaks, and another only where that one's `column` is empty."""
    calls = [row for row in rows if row["stage"] == "generation"] or list(rows)
    speaking = {row["span_id"] for row in calls if row["usage_role"] != "twin" and row[column]}
    chosen = []
    for row in calls:
        if row["usage_role"] == "twin":
            if row["twin_of"] in speaking or not row[column]:
                continue
            speaking.add(row["twin_of"])
        chosen.append(row)
    return chosen


def _multiset(field: str, expected: Counter[str], found: Counter[str]) -> list[Value]:
    """One value per expected one; each found one serves once."""
    left, values = Counter(found), []
    for text in sorted(expected.elements()):
        got = left[text] > 0
        left[text] -= got
        values.append(Value(field, text, got, "" if got else _shown(left)))
    return values


def _shown(found: Counter[str]) -> str:
    rest = sorted(key for key, count in found.items() if count > 0)
    return " | ".join(text[:120] for text in rest[:6]) or "nothing"


def _operation(truth: Truth, evidence: Evidence, rows: list[Row]) -> list[Value]:
    """Recoverable as often as spans announce that kind of work (`SPAN_KINDS`); a model call that no span announces
    but whose usage or response id is in the bytes is recoverable too."""
    kinds = Counter(evidence.span_kinds)
    announced = kinds["llm"]
    if not announced:
        announced = sum(evidence.has(c["response_id"]) for c in truth["llm_calls"] if c.get("response_id"))
    # The convention has three names for a generation, so they are one value here.
    found = Counter(
        "generation" if row["operation"] in ("chat", "generate_content", "text_completion") else row["operation"]
        for row in rows
        if row["operation"] and row["usage_role"] != "twin"
    )
    expected: Counter[str] = Counter()
    for name, wanted, sent in (
        ("generation", len(truth["llm_calls"]), announced),
        ("embeddings", len(truth["embedding_calls"]), kinds["embeddings"]),
        ("rerank", len(truth["rerank_calls"]), kinds["rerank"]),
        ("retrieval", len(truth["retrievals"]), kinds["retrieval"]),
        ("execute_tool", len(truth["tool_executions"]), kinds["tool"]),
        ("invoke_agent", len(truth["agents"]), kinds["agent"]),
    ):
        expected[name] = min(wanted, sent)
    return _multiset("operation", expected, found)


def _provider(truth: Truth, evidence: Evidence, rows: list[Row]) -> list[Value]:
    """Recoverable when the provider's word is under a key that names a provider or system, or is a whole word of the
    scope's or span's name or of a model's name; not when it only stands in an error text, a stack trace, a resource,
    or in the name of a framework or class that serves other providers too (`openai_agents`, `OpenAILike`)."""
    values = []
    found = {row["provider"] for row in rows if row["provider"]}
    for provider in sorted(
        {c["provider"] for c in (*truth["llm_calls"], *truth["embedding_calls"]) if c.get("provider")}
    ):
        word = PROVIDER_WORDS.get(provider, re.escape(provider))
        said = evidence.texts(place=r"provider|system$", without="instruction|message|content")
        named = evidence.texts(place=r"^scope\.name|^span\.name|model|^genkit:name", without="message|content")
        whole = re.compile(rf"(?<![a-z])({word})(?![a-z])(?!.?agents)", re.IGNORECASE)
        if any(re.search(word, leaf.value, re.IGNORECASE) for leaf in said) or any(
            whole.search(leaf.value) for leaf in named
        ):
            names = PROVIDERS.get(provider, (provider,))
            values.append(Value("provider", names[0], bool(found & set(names)), " | ".join(sorted(found)) or "nothing"))
    return values


def _models(truth: Truth, evidence: Evidence, rows: list[Row]) -> list[Value]:
    """Recoverable when the bytes hold the name as a whole word; the name of the model that answered, where it was also
    asked for under that name, only from a key that speaks of the answer. One value per distinct name: how often it is
    sent says little, and the operation and the response id already count calls."""
    calls = [*truth["llm_calls"], *truth["embedding_calls"]]
    bar = r"resource|exception\.|prompt\b|message\.content"
    asked = {c["request_model"] for c in calls if c.get("request_model")}
    values = [_model("request_model", name, rows) for name in sorted(asked) if evidence.has_word(name, without=bar)]
    answered = {
        c["response_model"]
        for c in calls
        if c.get("response_model")
        and c.get("http_status", 200) == 200
        and c.get("response_model_delivered") is not False
    }
    for name in sorted(answered):
        place = r"response|output|result|completion|llm\.model_name" if name in asked else ""
        if evidence.has_word(name, place=place, without=bar + r"|request|span\.name"):
            values.append(_model("response_model", name, rows))
    return values


def _model(field: str, name: str, rows: list[Row]) -> Value:
    found = {row[field] for row in rows if row[field]}
    return Value(field, name, _has_model(found, name), " | ".join(sorted(found)) or "nothing")


def _has_model(found: set[str], name: str) -> bool:
    return name in found or any(other.rpartition("/")[2] == name for other in found)


def _response_id(truth: Truth, evidence: Evidence, rows: list[Row]) -> list[Value]:
    """Recoverable when some leaf is exactly the id, other than a conversation or a previous response."""
    bar = r"conversation|previous_response|session|thread"
    ids = {c["response_id"] for c in truth["llm_calls"] if c.get("response_id")}
    found = {row["response_id"] for row in rows if row["response_id"]}
    return [
        Value("response_id", text, text in found, " | ".join(sorted(found)) or "nothing")
        for text in sorted(ids)
        if evidence.has(text, without=bar)
    ]


# Tokens ----------------------------------------------------------------------------------------------------------

USAGE_PLACE = r"token|usage|prompt_eval_count|eval_count"

TRUTH_TOKENS = {
    "input_tokens": lambda c: c.get("total_input_tokens_incl_cache", c.get("input_tokens")),
    "output_tokens": lambda c: c.get("output_tokens"),
    "cache_read_tokens": lambda c: c.get("cache_read_tokens"),
    "cache_write_tokens": lambda c: c.get("cache_creation_tokens"),
    "reasoning_tokens": lambda c: c.get("reasoning_tokens"),
}

PLACES = {
    "input_tokens": r"(input|prompt|embed).*|usage\.(tokens|input)|ai\.usage\.tokens",
    "output_tokens": r"output|completion|candidates|eval_count",
    "cache_read_tokens": r"cach",
    "cache_write_tokens": r"cach",
    "reasoning_tokens": r"reason|thought|thinking",
}


def token_totals(truth: Truth, evidence: Evidence) -> dict[str, int]:
    """The totals that the bytes can give, without those that they cannot.

    A call's count is recoverable when a number under a usage key equals it; as many calls as spans carry that number.
    Where the sum over all calls is itself a number under a usage key (an agent that reports for its silent calls), the
    total is recoverable whatever the calls report. Anthropic's input may be sent with or without the cached tokens;
    both lead to the same total, as long as the cache counts are in the bytes.
    """
    totals: dict[str, int] = {}
    calls = [c for c in (*truth["llm_calls"], *truth["embedding_calls"]) if c.get("http_status", 200) == 200]
    calls += [_manual_call(truth["manual_generation"])] if "manual_generation" in truth else []
    for field, of in TRUTH_TOKENS.items():
        counted = [c for c in calls if c not in truth["embedding_calls"]] if field == "output_tokens" else calls
        wanted = Counter(int(of(c)) for c in counted if of(c) and c.get("tokens_delivered_to_client") is not False)
        place = re.compile(PLACES[field], re.IGNORECASE)
        carriers: dict[int, set[str]] = {}
        for leaf in evidence.numbers(place=USAGE_PLACE):
            if place.search(leaf.place):
                carriers.setdefault(int(as_number(leaf.value) or 0), set()).add(leaf.span)
        if field == "input_tokens":
            for c in counted:
                if c.get("total_input_tokens_incl_cache") and c["input_tokens"] in carriers:
                    carriers.setdefault(c["total_input_tokens_incl_cache"], set()).update(carriers[c["input_tokens"]])
        whole = sum(value * count for value, count in wanted.items())
        if whole and whole in carriers:
            totals[field] = whole
        else:
            part = sum(value * min(count, len(carriers.get(value, ()))) for value, count in wanted.items())
            if part:
                totals[field] = part
    return totals


def _manual_call(manual: dict[str, Any]) -> dict[str, Any]:
    usage = manual["usage_details"]
    cached = usage.get("cache_read_input_tokens", 0)
    return {
        "input_tokens": usage["input"], "output_tokens": usage["output"], "cache_read_tokens": cached,
        "http_status": 200,
    }  # fmt: skip


def row_totals(rows: list[Row]) -> dict[str, int]:
    """Sums over the rows that count."""
    own = [row for row in rows if row["usage_role"] == "own"]
    return {field: sum(row[field] or 0 for row in own) for field in TOKEN_FIELDS}


def _tokens(truth: Truth, evidence: Evidence, rows: list[Row]) -> list[Value]:
    """One value per kind of token and scenario: the total. A total of zero is no value here, but see `tokens_exact`."""
    found = row_totals(rows)
    return [
        Value(field, str(total), found[field] == total, str(found[field]))
        for field, total in token_totals(truth, evidence).items()
    ]


def tokens_exact(truth: Truth, evidence: Evidence, rows: list[Row]) -> bool | None:
    """Are input and output totals both exactly right? None where no model call's usage is in the bytes."""
    expected = token_totals({**_EMPTY_TRUTH, **truth}, evidence)
    if "input_tokens" not in expected and "output_tokens" not in expected:
        return None
    found = row_totals(rows)
    return all(found[field] == expected[field] for field in ("input_tokens", "output_tokens") if field in expected)


def _finish_reasons(truth: Truth, evidence: Evidence, rows: list[Row]) -> list[Value]:
    """Recoverable as often as spans or log records carry that word (in any spelling) under a finish or stop reason
    key. The status of a Responses API object is not a finish reason."""
    wanted: Counter[str] = Counter()
    for call in truth["llm_calls"]:
        if call.get("finish_reasons_delivered") is not False and call.get("delivered") is not False:
            wanted.update(finish_word(reason) for reason in call.get("finish_reasons") or ())
    sent: dict[tuple[str, str], Counter[str]] = {}
    for leaf in evidence.texts(place=r"finish_?reason|stop_?reason|done_reason"):
        # Elements of one array share a place; so do the flattened choices `0.` and `1.`.
        sent.setdefault((leaf.span, finish_word(leaf.value)), Counter())[re.sub(r"\.\d+", ".N", leaf.place)] += 1
    carriers: Counter[str] = Counter()
    for (_, word), places in sent.items():
        carriers[word] += max(places.values())
    expected = Counter({word: min(count, carriers[word]) for word, count in wanted.items()})
    found = Counter(
        finish_word(reason) for row in model_calls(rows, "finish_reasons") for reason in row["finish_reasons"]
    )
    return _multiset("finish_reasons", expected, found)


def finish_word(reason: str) -> str:
    """The convention's word: `FinishReason.TOOL_CALLS`, `tool-calls` and `tool_use` are all `tool_call`."""
    word = str(reason).strip("[]\"' ").rpartition(".")[2].lower().replace("-", "_")
    return FINISH.get(word, word)


# Content ---------------------------------------------------------------------------------------------------------


def message_texts(message: Any) -> set[str]:
    """The text of a message, its parts joined in each of the usual ways. Takes canonical and providers' messages."""
    if isinstance(message, bytes):
        message = message.decode(errors="replace")
    if isinstance(message, str):
        inner = opened(message)
        if not isinstance(inner, dict | list):
            return {message.strip()}
        message = inner
    parts = _text_parts(message)
    return {joiner.join(parts).strip() for joiner in ("", "\n", "\n\n", " ")} - {""}


TEXT_TYPES = ("text", "input_text", "output_text", "refusal", "message", "generic")
"""Parts that carry what was said; not reasoning, tool calls and their results, nor pictures."""


def _text_parts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in _text_parts(item)]
    if not isinstance(value, dict):
        return []
    if value.get("type", "text") not in TEXT_TYPES:
        return []
    for key in ("parts", "content", "text", "refusal"):
        if value.get(key):
            return _text_parts(value[key])
    return []


def last_user_text(messages: list[Any]) -> str:
    """The text of the last user message of a provider's raw request; empty where there is none."""
    for message in reversed(messages):
        if isinstance(message, str):
            return message.strip()
        if isinstance(message, dict) and message.get("role") == "user":
            content = message.get("content", message.get("parts"))
            texts = (
                _text_parts([p for p in content if "functionResponse" not in p])
                if isinstance(content, list)
                else [content]
            )
            if texts and any(texts):
                return "\n".join(t for t in texts if t).strip()
    return ""


def _texts(field: str, wanted: set[str], evidence: Evidence, found: set[str], without: str = "") -> list[Value]:
    """Distinct texts of the scenario; recoverable when some leaf, or a leaf's parts, is exactly that text."""
    values = []
    for text in sorted(wanted - {""}):
        pieces = text.split("\n") if not evidence.has(text, without=without) else [text]
        if all(evidence.has(piece, without=without) for piece in pieces if piece.strip()):
            values.append(Value(field, text, text.strip() in found, _shown(Counter(found))))
    return values


def _prompt(truth: Truth, evidence: Evidence, rows: list[Row]) -> list[Value]:
    """The last user message of each call; not recoverable from a tool's, retrieval's or embedding's input alone."""
    wanted = {last_user_text(c.get("input_messages") or []) for c in truth["llm_calls"]}
    found = {text for row in rows if row["question"] for text in message_texts(row["question"])}
    return _texts("prompt_text", wanted, evidence, found, without=r"retrieval|embedding|^ai\.values?$")


def _completion(truth: Truth, evidence: Evidence, rows: list[Row]) -> list[Value]:
    """The answer of each call, in any choice. What a broken stream delivered counts only if it was sent as such."""
    wanted = {(c.get("completion") or "").strip() for c in truth["llm_calls"] if c.get("delivered") is not False}
    found = {
        text
        for row in rows
        for message in (row["answer"], *row["output_messages"])
        if message
        for text in message_texts(message)
    }
    return _texts("completion_text", wanted, evidence, found, without=r"input|gen_ai\.prompt\.|ai\.prompt")


def _system(truth: Truth, evidence: Evidence, rows: list[Row]) -> list[Value]:
    wanted = {
        "\n".join([c["system"]] if isinstance(c["system"], str) else c["system"]).strip()
        for c in truth["llm_calls"]
        if c.get("system")
    }
    found = {text for row in rows if row["system_prompt"] for text in message_texts(row["system_prompt"])}
    return _texts("system_text", wanted, evidence, found)


# Tools -----------------------------------------------------------------------------------------------------------


def _tool_definitions(truth: Truth, evidence: Evidence, rows: list[Row]) -> list[Value]:
    """Distinct names of offered tools; recoverable when the name stands in a list of tools or functions."""
    wanted = {name for c in truth["llm_calls"] for name in c.get("tool_definitions") or ()}
    found = {name for row in rows for name in row["tool_definition_names"]}
    place = r"\btools?(\b|\[)|tool[._]?definitions|functions?\.\d|functions\b|tool\.json_schema|available_tools|prompt\.tools"
    bar = r"tool_calls?|tool\.call|toolCall|\btool\.name|:body|message"
    return [
        Value("tool_definitions", name, name in found, " | ".join(sorted(found)) or "nothing")
        for name in sorted(wanted)
        if evidence.has(name, place=place, without=bar)
    ]


def _tool_calls(truth: Truth, evidence: Evidence, rows: list[Row]) -> list[Value]:
    """What the model asked for, as (name, arguments). Recoverable from what a model call or agent answered: not from
    the execution of a tool, and not from the history that a later call was given. Where only the name is sent, the
    name is the value."""
    bar = r"input|prompt|request\b|request_data|assistant\.message|tool\.call\.|tool\.name|tool\.message"
    offered = r"|definitions|tools?\b|functions\b|span\.name|agent|entity\.name"
    names = {leaf.value for leaf in evidence.texts(without=bar + offered) if leaf.owner != "tool"}
    arguments = {
        leaf.value
        for leaf in evidence.subtrees
        if leaf.owner != "tool" and not re.search(bar, leaf.place, re.IGNORECASE)
    }
    raw = {leaf.value.strip() for leaf in evidence.texts(without=bar) if leaf.owner != "tool"}
    full: Counter[str] = Counter()
    bare: Counter[str] = Counter()
    for call in truth["llm_calls"]:
        for tool in call.get("tool_calls") or () if call.get("delivered") is not False else ():
            if tool["name"] not in names:
                continue
            inner = opened(tool["arguments"])
            sent = tool["arguments"].strip() in raw or (isinstance(inner, dict) and canonical(inner) in arguments)
            if sent:
                full[f"{tool['name']}({normal_arguments(tool['arguments'])})"] += 1
            else:
                bare[tool["name"]] += 1
    found_full: Counter[str] = Counter()
    found_bare: Counter[str] = Counter()
    for row in model_calls(rows, "tool_call_names"):
        for position, name in enumerate(row["tool_call_names"]):
            given = row["tool_call_arguments"][position] if position < len(row["tool_call_arguments"]) else ""
            found_full[f"{name}({normal_arguments(given)})"] += 1
            found_bare[name] += 1
    return _multiset("tool_calls", full, found_full) + _multiset("tool_calls", bare, found_bare)


def normal_arguments(arguments: Any) -> str:
    """Equal arguments give equal text; what is not JSON stays as it is."""
    if isinstance(arguments, bytes):
        arguments = arguments.decode(errors="replace")
    inner = opened(arguments) if isinstance(arguments, str) else arguments
    return canonical(inner) if isinstance(inner, dict | list) else str(arguments).strip()


def _tool_results(truth: Truth, evidence: Evidence, rows: list[Row]) -> list[Value]:
    """What tools returned, in the column of the executing span or as a tool's response in a later call's input.
    Recoverable when a tool's span holds the result, or a leaf under a tool, result or response key is exactly it."""
    wanted = Counter(
        normal_result(t["result"])
        for t in truth["tool_executions"]
        if t.get("result") is not None and not t.get("error")
    )
    exact = set()
    for leaf in evidence.leaves:
        if leaf.owner == "tool" or re.search(
            r"tool|result|response|message|content|input|output", leaf.place, re.IGNORECASE
        ):
            exact.add(normal_result(leaf.value))
    exact |= {leaf.value for leaf in evidence.subtrees}
    inside = [leaf.value for leaf in evidence.texts(owner="tool")]
    wanted = Counter({r: n for r, n in wanted.items() if r in exact or any(r in text for text in inside)})
    found: Counter[str] = Counter(normal_result(row["tool_result"]) for row in rows if row["tool_result"])
    for result in {r for row in rows for message in row["input_messages"] for r in _responses(message)}:
        found[result] = max(found[result], wanted[result])
    return _multiset("tool_results", wanted, found)


def normal_result(value: Any) -> str:
    """Equal results give equal text: `64.4` and `"64.4"`, an object and its JSON."""
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if isinstance(value, str):
        number = as_number(value)
        if number is not None:
            return canonical(number)
        inner = opened(value)
        if isinstance(inner, str):
            return normal_result(inner)
        if isinstance(inner, dict | list):
            value = inner
    return canonical(value) if not isinstance(value, str) else value.strip()


def _responses(message: Any) -> Iterable[str]:
    value = json.loads(message) if isinstance(message, str | bytes) else message
    for part in value.get("parts", ()) if isinstance(value, dict) else ():
        if isinstance(part, dict) and part.get("type") == "tool_call_response":
            given = part.get("response", part.get("result", part.get("content")))
            yield normal_result(given)
            yield from (normal_result(text) for text in message_texts(given) if isinstance(given, list | dict))


# Retrieval -------------------------------------------------------------------------------------------------------


def _retrieval(truth: Truth, evidence: Evidence, rows: list[Row]) -> list[Value]:
    """Per retrieval: the query, and the lists of ids, scores, texts and ranks, each where every element of the list is
    in the bytes of a retrieval (not of the prompt that the texts went into)."""
    values = []
    place = r"document|retriev|node|source|^input|^output|entity|observation|span(In|Out)puts|prompt|completion|component|lmnr|result"
    owners = ("retrieval", "other", "tool") if "retrieval" in evidence.span_kinds else ("retrieval", "other")
    scores = [as_number(leaf.value) for leaf in evidence.numbers(place=r"score|relevance|similarity|distance")]
    texts = {leaf.value.strip() for leaf in evidence.texts(place=place) if leaf.owner in owners}
    found_queries = {_plain_text(row["retrieval_query"]) for row in rows if row["retrieval_query"]}
    lists = [row for row in rows if row["document_ids"] or row["document_texts"]]
    for retrieval in truth["retrievals"]:
        query = str(retrieval.get("query", "")).strip()
        in_retrieval = evidence.has(query, owner="retrieval") or evidence.has(
            query, place=r"retrieval\.query|query_str"
        )
        if query and in_retrieval:
            values.append(Value("query", query, query in found_queries, " | ".join(sorted(found_queries)) or "nothing"))
        documents = retrieval.get("documents", [])
        ids = [str(d.get("id", "")) for d in documents]
        wanted_texts = [str(d.get("text", "")).strip() for d in documents]
        any_list = False
        if documents and all(i and i in texts for i in ids):
            any_list = True
            got = [[str(i) for i in row["document_ids"]] for row in lists]
            values.append(Value("document_ids", str(ids), ids in got, str(got)[:300]))
        if documents and all(text and text in texts for text in wanted_texts):
            any_list = True
            got = [[_plain_text(t).strip() for t in row["document_texts"]] for row in lists]
            values.append(Value("document_texts", str(wanted_texts), wanted_texts in got, str(got)[:300]))
        wanted_scores = [d.get("score") for d in documents]
        if documents and all(s is not None and any(_near(s, n) for n in scores) for s in wanted_scores):
            got_scores = [row["document_scores"] for row in lists]
            right = any(len(g) == len(wanted_scores) and all(map(_near, wanted_scores, g)) for g in got_scores)
            values.append(Value("document_scores", str(wanted_scores), right, str(got_scores)[:300]))
        if any_list:
            ranks = list(range(1, len(documents) + 1))
            got_ranks = [list(row["document_ranks"]) for row in lists]
            values.append(Value("document_ranks", str(ranks), ranks in got_ranks, str(got_ranks)[:300]))
    return values


def _near(a: float | None, b: float | None) -> bool:
    return a is not None and b is not None and abs(a - b) < 1e-4


def _plain_text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


# Who, errors, evaluations ----------------------------------------------------------------------------------------


def _who(truth: Truth, evidence: Evidence, rows: list[Row]) -> list[Value]:
    """Recoverable when some leaf is exactly the id."""
    values = []
    for field, key in (
        ("conversation_id", "session_id"),
        ("conversation_id", "conversation_id"),
        ("user_id", "user_id"),
    ):
        wanted = truth.get(key)
        if wanted and evidence.has(str(wanted)):
            found = {row[field] for row in rows if row[field]}
            values.append(Value(field, str(wanted), str(wanted) in found, " | ".join(sorted(found)) or "nothing"))
    return values


ERROR_KINDS = (
    ("rate_limited", r"rate.?limit|429|resource_exhausted|too many requests"),
    ("authentication", r"401|unauthenticated|authentication|invalid.?api.?key"),
    ("timeout", r"time.?d?.?out"),
    ("provider_error", r"\b50[0-9]\b|internal.?server.?error|server_error|api_error|\bINTERNAL\b"),
)


def _errors(truth: Truth, evidence: Evidence, rows: list[Row]) -> list[Value]:
    """One value per kind of failed call, and one if a tool failed. Recoverable when a span, event or log record says
    that something failed; its kind only when the words say which (else any error on any row is right)."""
    values = []
    said = " ".join(evidence.errors)
    found = {row["error_type"] for row in rows if row["error_type"]}
    flagged = bool(found) or any(row["status"] == "error" for row in rows)
    kinds = set()
    for call in (*truth["llm_calls"], *truth["embedding_calls"]):
        if call.get("error_type") or call.get("http_status", 200) >= 400:
            kinds.add(_error_kind(f"{call.get('http_status', '')} {call.get('error_type', '')}"))
    if truth.get("expected_error") and not kinds and not any(t.get("error") for t in truth["tool_executions"]):
        kinds.add("other")
    for kind in sorted(kinds):
        if not evidence.errors:
            continue
        pattern = dict(ERROR_KINDS).get(kind)
        if pattern and re.search(pattern, said, re.IGNORECASE):
            values.append(Value("error_type", kind, kind in found, " | ".join(sorted(found)) or "nothing"))
        else:
            values.append(Value("error_type", "any error", flagged, "nothing"))
    if evidence.tool_errors and any(t.get("error") for t in truth["tool_executions"]):
        failed = any((row["error_type"] or row["status"] == "error") and row["tool_name"] for row in rows)
        values.append(Value("error_type", "a failed tool", failed, " | ".join(sorted(found)) or "nothing"))
    return values


def _error_kind(words: str) -> str:
    return next((kind for kind, pattern in ERROR_KINDS if re.search(pattern, words, re.IGNORECASE)), "other")


def _prompt_version(truth: Truth, evidence: Evidence, rows: list[Row]) -> list[Value]:
    """The linked prompt template, as name (if it has one) and version; recoverable when the version is
    under a prompt key."""
    prompt = truth.get("prompt")
    if not isinstance(prompt, dict):
        return []
    name, version = str(prompt.get("name", prompt.get("key", ""))), str(prompt["version"])
    if not any(re.search("prompt", leaf.place) and str(leaf.value) == version for leaf in evidence.leaves):
        return []
    found = {(row["prompt_name"], row["prompt_version"]) for row in rows if row["prompt_version"]}
    right = any((not name or got_name == name) and got_version == version for got_name, got_version in found)
    return [Value("prompt_version", f"{name} {version}", right, str(sorted(found)))]


def _evaluations(truth: Truth, evidence: Evidence, found: list[dict[str, Any]]) -> list[Value]:
    """Name with score, label and failure, each where the truth has one; recoverable when the name is in the bytes
    and so is the score."""
    values = []
    wanted = [*truth["evaluations"], *([truth["evaluator"]] if "evaluator" in truth else [])]
    for evaluation in wanted:
        if not evidence.has(evaluation["name"]) and not evidence.has_word(
            evaluation["name"], place="evaluat|name|scores|labels|assertions"
        ):
            named = any(f".{evaluation['name']}" in leaf.place for leaf in evidence.leaves)
            if not named:
                continue
        right = any(_same_evaluation(evaluation, got) for got in found)
        values.append(Value("evaluations", canonical(evaluation), right, canonical(found)[:300]))
    return values


def _same_evaluation(wanted: dict[str, Any], got: dict[str, Any]) -> bool:
    if got.get("name") != wanted["name"]:
        return False
    if "score" in wanted and not _near(wanted["score"], as_number(got.get("score"))):
        return False
    if "error" in wanted:
        return bool(got.get("error_type")) or wanted["error"] in str(got.get("explanation"))
    return "score" in wanted or "label" not in wanted or got.get("label") == wanted["label"]


SCORES: tuple[Callable[[Truth, Evidence, list[Row]], list[Value]], ...] = (
    _operation, _provider, _models, _response_id, _tokens, _finish_reasons, _prompt, _completion, _system,
    _tool_definitions, _tool_calls, _tool_results, _retrieval, _who, _errors, _prompt_version,
)  # fmt: skip
