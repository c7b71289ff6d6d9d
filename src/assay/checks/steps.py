"""Checks of how a request went, step by step: loops, results that were ignored or made up, where the time went, what was not cached.

spans in order of time ─► calls of tools, self times, prefixes ─► what went round in circles, was lost, or waited
"""

import re
from collections import Counter
from typing import Any

import msgspec

from assay.checks.calculations import SMALL, numeric
from assay.checks.deeds import reports
from assay.checks.evidence import compared, quote
from assay.checks.finding import Finding
from assay.checks.numbers import unsupported_numbers
from assay.checks.prose import sentence_at, sentences
from assay.checks.quantities import Quantity, quantities
from assay.checks.remembered import remembered
from assay.checks.tool_figures import made_of
from assay.checks.tool_result import failed, is_record
from assay.checks.trace import Call, Trace, TraceSpan
from assay.checks.trace_check import Seen, TraceCheck
from assay.checks.words import content, words
from assay.spans.columns import NO_BODY

LEAST_RETRIES = 4
"""So many calls of one tool with the same arguments are a loop; one or two retries are care."""
LEAST_ROUNDS = 3
"""So many rounds through the same steps are a loop."""
SLOW_NS = 8_000_000_000
"""A request that takes longer than this is slow."""
SLOW_STEP_NS = 5_000_000_000
"""And a step that takes at least this long may be why."""
SLOW_SHARE = 0.5
"""Share of the request that one step takes, so that it is why."""
STALLED_TOKENS_PER_SECOND = 5
"""A model that writes slower than this stands still; a long answer takes its time."""
CACHED_FROM_TOKENS = 1_100
"""Providers cache prefixes from 1,024 tokens on, in steps of 128.
https://platform.openai.com/docs/guides/prompt-caching https://docs.claude.com/en/docs/build-with-claude/prompt-caching"""
CACHED_FOR_NS = 4 * 60 * 1_000_000_000
"""They keep them for at least five minutes; less, to be sure."""
CHARACTERS_A_TOKEN = 4

_LIMIT_REACHED = re.compile(
    r"GraphRecursion|Max(?:imum)?[ _]?(?:Turns|Iterations|Steps)|(?:recursion|iteration|turn|step|request)s?[ _]limit",
    re.IGNORECASE,
)

# Loops.


MOST_STEPS = 400
"""So many steps show a loop."""


def _repeated(calls: list[Call]) -> list[tuple[str, bytes]]:
    return [(call.name, call.arguments) for call in calls[:MOST_STEPS]]


def _several_calls(trace: Trace) -> bool:
    return len(trace.tools) > 1 and all(call.arguments != NO_BODY for call in trace.tools)


def _round(steps: list[tuple[str, bytes]]) -> int:
    """How many steps come again and again, at least `LEAST_ROUNDS` times; 0 without a loop."""
    for length in range(2, len(steps) // LEAST_ROUNDS + 1):
        if len(set(steps[:length])) > 1:
            same = sum(a == b for a, b in zip(steps, steps[length:], strict=False))
            if same >= 0.8 * (len(steps) - length):
                return length
    return 0


def _agent_worked(trace: Trace) -> bool:
    return _several_calls(trace) or any(span.stage == "agent" for span in trace.spans)


def _agent_loop(trace: Trace) -> Seen | None:
    steps = _repeated(trace.tools) if _several_calls(trace) else []
    length = _round(steps)
    agent = next((span for span in trace.spans if span.stage == "agent"), None)
    if length:
        names = " > ".join(name for name, _ in steps[:length])
        return Seen(
            agent or trace.tools[0].span,
            (compared(f"the same steps with the same arguments: {names}", calls=len(steps), steps_a_round=length),),
        )
    for span in trace.spans:
        if (
            span.stage == "agent"
            and span.failed
            and "serving_bottleneck.rate_limited" not in trace.found  # the limit is the provider's
            and _LIMIT_REACHED.search(f"{span.error_class} {span.error_type} {span.status_message}")
        ):
            said = span.status_message or span.error_class or span.error_type
            return Seen(span, (compared(f"stopped: {said[:160]}", calls=len(trace.tools)),))
    return None


def _retry_loop(trace: Trace) -> Seen | None:
    steps = _repeated(trace.tools)
    if _round(steps):
        return None
    worst, times = Counter(steps).most_common(1)[0]
    if times < LEAST_RETRIES:
        return None
    first = next(call for call in trace.tools if (call.name, call.arguments) == worst)
    failed = sum(call.span.failed for call in trace.tools if (call.name, call.arguments) == worst)
    arguments = trace.read(worst[1]).text
    return Seen(
        first.span,
        (
            compared(f"{worst[0]} with the same arguments", times=times, failed=failed),
            quote("tool_arguments", arguments, (0, len(arguments)), worst[1]),
        ),
    )


# What tools returned and what became of it.

LEAST_ANSWER = 20
"""Shorter answers only acknowledge."""

_NOT_ANSWERED = frozenset(
    {
        "safety_policy.over_refusal",
        "safety_policy.guardrail_block",
        "output_format.empty",
        "output_format.wrong_language",
    }
)
_TOOL_FAILED = frozenset({"tool_failure.tool_error", "tool_failure.tool_timeout"})


_STAMP = re.compile(r"\b(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?(?!\w)")
_UNIT = re.compile(
    r"_(mm|cm|m|km|g|kg|l|ml|mb|gb|kb|ms|eur|usd|gbp|chf|percent|seconds|minutes|hours|days|weeks|months|years)$",
    re.IGNORECASE,
)
"""What a key says of its value: `swell_m`, `price_eur`, `wait_minutes`."""


@remembered(4_000_000)
def leaves(text: str) -> str:
    """The values in a result as people write them, without their keys; the text itself where it is no JSON."""
    return "\n".join(_values(text))


def _values(text: str) -> list[str]:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return [_STAMP.sub(_spoken_time, text)]
    found: list[str] = []
    stack: list[tuple[str, Any]] = [("", value)]
    while stack:
        key, one = stack.pop()
        if isinstance(one, dict):
            stack.extend((name, one[name]) for name in reversed(one))
        elif isinstance(one, list):
            stack.extend((key, each) for each in reversed(one))
        elif isinstance(one, str):
            found.append(_STAMP.sub(_spoken_time, one))
        elif one is not None and not isinstance(one, bool):
            unit = _UNIT.search(key)
            found.append(f"{one}\n{one} {unit[1]}" if unit else str(one))
    return found


def _spoken_time(stamp: re.Match[str]) -> str:
    """Date and time apart from each other, the time to the minute as well."""
    day, minute, seconds = stamp.groups()
    return f"{day} {minute}" if seconds in (None, ":00") else f"{day} {minute} {minute}{seconds}"


_COMPLAINT = re.compile(
    r"\berrors?\b|exception|traceback|timed? ?-?out|\bfail(?:ed|ure)\b|unavailable|not found|is locked|denied|refused|invalid|bad gateway",
    re.IGNORECASE,
)


def _results(trace: Trace) -> list[tuple[Call, str]]:
    """Runs that ended well and returned something, with its values."""
    if "returned" not in trace.memo:
        found = [
            (call, leaves(trace.read(call.result).text))
            for call in trace.tools
            if call.result != NO_BODY and not call.span.failed
        ]
        trace.memo["returned"] = [(call, text) for call, text in found if text.strip() and not _complains(text[:200])]
    returned: list[tuple[Call, str]] = trace.memo["returned"]
    return returned


@remembered(1_000_000)
def _complains(text: str) -> bool:
    return _COMPLAINT.search(text) is not None


def _used_tools(trace: Trace) -> bool:
    return (
        len(trace.answer) >= LEAST_ANSWER and bool(_results(trace)) and not trace.found & (_NOT_ANSWERED | _TOOL_FAILED)
    )


_SAYS_NOTHING = re.compile(
    r"(?:\b(?:not|cannot|no|unable|nicht|kein\w*)|n['’]t)\b[^.!?]{0,40}\b(?:know|knowledge|tell|say|see|find|sure|certain|information|details?|data|access|idea|figures?|records?|"
    r"sagen|wissen|weiß|informationen|angaben)\b|"
    r"\b(?:I|we)(?:'ll| will| would| need| have| am going)\b[^.!?]{0,40}\b(?:look|check|find out|more information|come back|get back)|\blet me (?:look|check|see)\b",
    re.IGNORECASE,
)
"""How an answer says that it has nothing to say yet: it does not know, or it will look."""
_ASKS_BACK = re.compile(
    r"\b(?:could|can|would) you\b[^.!?]{0,60}\b(?:give|tell|provide|share|send|let)\b|\?\s*$", re.IGNORECASE
)
_ELSEWHERE = re.compile(
    r"[^.!?]{0,40}\b(?:please|you(?:'ll| will| should| need to| have to| can| could))\b[^.!?]{0,30}\b(?:ask|contact|check|look|visit|see|call|consult|log in|refer)\b|"
    r"[^.!?]{0,20}\b(?:colleague|team|staff|somebody|someone)\b[^.!?]{0,20}\b(?:will|has to|have to|needs? to|can)\b|[^.!?]{0,40}\b(?:depends?|var(?:y|ies))\b",
    re.IGNORECASE,
)
"""How an answer begins that sends people elsewhere, or says that one cannot say."""
_ACKNOWLEDGES = re.compile(
    r"\b(?:done|all set|complete[ds]?|success\w*|booked|reserved|confirmed|cancel\w+|sent|saved|updated|added|removed|created|scheduled|sure|noted|perfect|ready|in place|erledigt|gebucht)\b",
    re.IGNORECASE,
)
"""Who has done what was wished need not read out the receipt."""


def _ignored(trace: Trace) -> Seen | None:
    # Pages that a search returned are sources: other checks look at what becomes of those.
    results = [(call, found) for call, found in _results(trace) if is_record(found)]
    if not results or _round(_repeated(trace.tools)):
        return None
    given = content(trace.question).union(*[content(leaves(trace.read(call.arguments).text)) for call, _ in results])
    told = [content(found) - given for _, found in results]
    new = frozenset[str]().union(*told)
    informative = any(key[0].isdigit() for key in new) or any(
        len(one) >= 2 and found.count("\n") > 0 for one, (_, found) in zip(told, results, strict=True)
    )
    said = content(trace.answer)
    nothing = _SAYS_NOTHING.search(trace.answer) is not None
    beside = any(_ELSEWHERE.match(trace.answer, start) for start, _ in sentences(trace.answer)) or (
        not _ACKNOWLEDGES.search(trace.answer) and (said.isdisjoint(given) or _ASKS_BACK.search(trace.answer))
    )
    if not informative or not (nothing or beside):
        return None
    # Who says that nothing is known may use a synonym of what was found.
    returned = _lower(" ".join(found for _, found in results))
    if said & new and not (nothing and _lower(trace.answer).isdisjoint(returned - _lower(trace.question))):
        return None
    text = "\n".join(found for _, found in results)
    # Other figures are no results that were ignored: they are made up.
    if unsupported_numbers(trace.answer, [text], trace.question) or _supported_figure(trace, text):
        return None
    sent = [trace.read(call.result).text for call, _ in results]
    told_of = (one for one in quantities(trace.answer) if one.kind or max(numeric(one), default=0) > SMALL)
    if any(made_of(one, trace.answer, trace.question, [text], sent) for one in told_of):
        return None
    call, found = results[-1]
    return Seen(
        trace.answering,
        (
            quote(
                "tool_result", trace.read(call.result).text, (0, len(found)), call.result, f"{call.name} returned this"
            ),
            quote(
                "answer",
                trace.answer,
                (0, len(trace.answer)),
                trace.answering.answer if trace.answering else NO_BODY,
                "and the answer has none of it",
            ),
        ),
    )


def _lower(text: str) -> frozenset[str]:
    return frozenset(one.lower for one in words(text) if one.weight)


def _supported_figure(trace: Trace, results: str) -> bool:
    return (
        bool(quantities(trace.answer)) and bool(unsupported_numbers(trace.answer, [], trace.question)) and bool(results)
    )


def _has_tools(trace: Trace) -> bool:
    """The answering call had tools, and it can be told what they returned."""
    span = trace.answering
    offered = bool(span and span.tool_definition_names) or bool(trace.tools)
    told = all(call.result != NO_BODY or call.span.failed for call in trace.tools)
    return offered and told and bool(trace.answer) and not trace.found & _NOT_ANSWERED


def _fabricated(trace: Trace) -> Seen | None:
    span = trace.answering
    if span is None or trace.pool:
        return None
    needs_a_call = bool(trace.tools) or _asks_for_a_thing(trace) or _offers_records_only(trace, span)
    seen = _made_up_figures(trace, span) if needs_a_call else None
    return seen or _made_up_reports(trace, span)


_GENERAL_TOOL = re.compile(
    r"(?:[a-z]{1,20}[_.-])?(?:web|internet|google|bing|tavily|browse\w*|wiki\w*|search|calc\w*|math|python|code\w*|interpreter|shell|bash|translate\w*|image\w*|think|plan\w*|answer|final\w*|respond|memory|"
    r"knowledge\w*|docs?|faq)(?:[_.-](?:search|tool|web|base|interpreter|answer|execut\w+|page))*",
    re.IGNORECASE,
)
"""Names of tools beside which a model may well answer from what it knows: a web search, a calculator."""


_PARTS_OF_NAME = re.compile(r"[_.\-/]|(?<=[a-z])(?=[A-Z])")
"""Between the words of a tool's name."""
_USUAL = re.compile(
    r"\b(?:usual|normal|typical|general|on average|as a rule|in der regel|normalerweise|en général|normalement|normalmente|di solito|meestal|zwykle)",
    re.IGNORECASE,
)
"""Says what holds for all, which need not be looked up."""


_AT_PRESENT = re.compile(
    r"\b(?:today|tonight|tomorrow|currently|right now|at the moment|heute|morgen|derzeit|aktuell|momentan|gerade|aujourd['’]hui|demain|actuellement|en ce moment|hoy|mañana|actualmente|ahora mismo|oggi|domani|"
    r"attualmente|hoje|amanhã|atualmente|vandaag|morgen|momenteel|dziś|dzisiaj|jutro|obecnie)\b|今日|明日|現在|今天|明天|目前|오늘|내일|현재",
    re.IGNORECASE,
)
"""Says what a model cannot know by itself."""


def _offers_records_only(trace: Trace, span: TraceSpan) -> bool:
    """Whether all tools that were offered look up or change things of the application, none was called, and all that was said before
    is there: then figures that nobody gave are made up."""
    if not span.tool_definition_names or any(map(_GENERAL_TOOL.fullmatch, span.tool_definition_names)):
        return False
    if trace.tools or any(one.searches for one in trace.spans):
        return False
    # A tool for orders says nothing of world cups, and what is usual need not be looked up.
    names = frozenset[str]().union(*(content(_PARTS_OF_NAME.sub(" ", name)) for name in span.tool_definition_names))
    if _USUAL.search(trace.answer):
        return False
    if names.isdisjoint(content(trace.question) | content(trace.answer)) and not _AT_PRESENT.search(trace.answer):
        return False
    messages = [trace.read(one) for one in span.input_messages]
    if any(one.calls or one.role == "tool" for one in messages):
        return False
    asked = sum(one.role in ("user", "") for one in messages)
    return asked > 1 or (asked == 1 and trace.previous is None)


_OF_A_FORM = re.compile(
    r"[\s‑-]?(?:digits?|characters?|letters?|ziffern|stellig\w*|zeichen|buchstaben|chiffres|caractères|lettres|dígitos|cifras|caracteres|cifre|caratteri|cijfers|tekens|cyfr\w*|znak\w*)\b|位|桁",
    re.IGNORECASE,
)
"""How a number is written is no record: `It should be 8 digits`."""


def _made_up_figures(trace: Trace, span: TraceSpan) -> Seen | None:
    sent = [trace.read(one).text for call in trace.tools for one in (call.result, call.arguments) if one != NO_BODY]
    said = [leaves(text) for text in sent]
    # Most answers say what the tools returned; the whole prompt is read where one does not.
    if not unsupported_numbers(trace.answer, said, trace.question):
        return None
    seen = [trace.read(one).text for one in (span.system_prompt, *span.input_messages)]
    unsupported = unsupported_numbers(trace.answer, [*seen, *said], trace.question)
    figures = [
        one
        for one in unsupported
        if not made_of(one, trace.answer, trace.question, said, sent)
        and not _of_another_try(one, trace.answer)
        and not _OF_A_FORM.match(trace.answer, one.end)
    ]
    returned = bool(_results(trace))
    if not figures:
        return None
    note = (
        "not what the tools returned"
        if returned
        else "no tool returned anything"
        if trace.tools
        else "no tool was called"
    )
    evidence = tuple(
        quote(
            "answer",
            trace.answer,
            sentence_at(trace.answer, one.start),
            span.answer,
            f"{one.text}: {note}",
        )
        for one in figures[:3]
    )
    return Seen(span, evidence)


_HONEST = frozenset({"coverage_gap.no_knowledge", "coverage_gap.missing_tool"})


def _made_up_reports(trace: Trace, span: TraceSpan) -> Seen | None:
    """What is said to be done or known although nothing was called, or every call failed."""
    all_failed = bool(trace.tools) and all(call.span.failed or _returned_error(trace, call) for call in trace.tools)
    if (trace.tools and not all_failed) or trace.found & _HONEST:
        return None
    if all_failed and _ADMITS_FAILURE.search(trace.answer):
        return None
    if any(one.searches for one in trace.spans):
        return None
    messages = [trace.read(one) for one in span.input_messages]
    if not all_failed and any(one.calls or one.role == "tool" for one in messages):
        return None  # what a call of an earlier turn returned
    users = [at for at, one in enumerate(messages) if one.role in ("user", "")]
    if not users:
        return None  # what was asked was not captured, nor what came before
    given = [
        trace.read(span.system_prompt).text,
        *(one.text for at, one in enumerate(messages) if at not in users[-1:]),
    ]
    said = "\n".join(one.text for one in messages if one.role == "assistant").lower()
    places = list(reports(trace.answer, trace.question, given, said, failed=all_failed))
    if not places:
        return None
    note = "every call failed" if all_failed else "no tool was called"
    return Seen(span, tuple(quote("answer", trace.answer, place, span.answer, note) for place in places[:3]))


_ADMITS_FAILURE = re.compile(
    r"\b(?:fail\w*|errors?|unable|cannot|can't|can’t|couldn't|couldn’t|could not|wasn't able|technical|problems?|trouble|went wrong|try again|unavailable|not available|"
    r"not respond\w*|did not|didn't|didn’t|don't|don’t|unfortunately|sorry|leider|fehler|nicht)\b",
    re.IGNORECASE,
)


def _returned_error(trace: Trace, call: Call) -> bool:
    return call.result != NO_BODY and failed(trace.read(call.result).text.encode("utf-8", "replace"))


_ANOTHER_TRY = re.compile(r"\b(?:re-?try|try|again|come back|call back|check back|wait|later)\b|\?\s*$", re.IGNORECASE)


def _of_another_try(figure: Quantity, answer: str) -> bool:
    """Whether a figure only says when to try again, or asks: no tool is said to have returned it."""
    places = sentences(answer)
    return any(s <= figure.start < e and _ANOTHER_TRY.search(answer[s:e]) for s, e in places)


_THING = re.compile(
    r"\b[A-Z]{1,5}-?\d[\w-]*\b|\b[A-Z]{2,5} \d{2,}\b|\b\d{4}-\d\d-\d\d\b|\b\d{5,}\b|\b(?:today|tomorrow|now|currently|(?:next|last|past) \w+ (?:min(?:ute)?s?|h(?:ou)?rs?|days?))\b"
)


def _asks_for_a_thing(trace: Trace) -> bool:
    """Whether the question names a thing of the real world that only a tool can know of: a number of an order, a day, the present."""
    return _THING.search(trace.question) is not None


# Where the time went.


def _took_time(trace: Trace) -> bool:
    return trace.root.duration_ns > 0 and len(trace.spans) > 1


def _loops(trace: Trace) -> bool:
    return _agent_loop(trace) is not None or (_several_calls(trace) and _retry_loop(trace) is not None)


def _slow_stage(trace: Trace) -> Seen | None:
    total = trace.root.duration_ns
    if total < SLOW_NS or _loops(trace):
        return None  # what is done again and again takes long for that reason
    times: dict[tuple[str, str], int] = {}
    first: dict[tuple[str, str], TraceSpan] = {}
    for span in trace.spans:
        if span is trace.root or span.stage in ("ingress", "agent") or span.duration_ns < 200_000_000 or _busy(span):
            continue
        if span.failed and (span.duration_ns < SLOW_STEP_NS or trace.found & _TIMED_OUT):
            continue  # other labels say why it took so long, or was tried so often
        step = (span.stage, span.tool_name or span.name)
        times[step] = times.get(step, 0) + self_time_ns(trace, span)
        first.setdefault(step, span)
    step, taken = max(times.items(), key=lambda one: (one[1], one[0]), default=(("", ""), 0))
    if taken < SLOW_STEP_NS or taken < SLOW_SHARE * total:
        return None
    return Seen(first[step], (compared(step[1], step_ms=taken // 1_000_000, request_ms=total // 1_000_000),))


_TIMED_OUT = frozenset({"tool_failure.tool_timeout", "serving_bottleneck.timeout"})


def _busy(span: TraceSpan) -> bool:
    """A model that writes, or waits for its first token: other labels say so where that is a failure."""
    if span.stage != "generation":
        return False
    if span.failed or span.output_tokens is None or (span.time_to_first_token_ns or 0) * 2 > span.duration_ns:
        return True
    return span.output_tokens > STALLED_TOKENS_PER_SECOND * span.duration_ns / 1e9


def self_time_ns(trace: Trace, span: TraceSpan) -> int:
    """How long a span took without its children."""
    covered, until = 0, span.start_ns
    for child in trace.children.get(span.span_id, ()):
        start, end = max(child.start_ns, until), min(child.end_ns, span.end_ns)
        if end > start:
            covered, until = covered + end - start, end
    return max(span.duration_ns - covered, 0)


# What was not cached.


def _reports_cache(trace: Trace) -> bool:
    return any(span.cache_read_tokens is not None for span in trace.calls) and _pair(trace) is not None


def _pair(trace: Trace) -> tuple[TraceSpan, int] | None:
    """The last model call that repeats a long beginning of an earlier one of this trace or of the turn before, with its tokens."""
    if "prefix" not in trace.memo:
        trace.memo["prefix"] = _find_pair(trace)
    found: tuple[TraceSpan, int] | None = trace.memo["prefix"]
    return found


def _find_pair(trace: Trace) -> tuple[TraceSpan, int] | None:
    calls = [
        span
        for span in trace.calls
        if not span.failed and span.input_messages and (span.input_tokens or 0) >= CACHED_FROM_TOKENS
    ]
    for earlier, later in zip(reversed(calls[:-1]), reversed(calls[1:]), strict=True):
        if (
            later.request_model != earlier.request_model
            or later.start_ns - earlier.end_ns > CACHED_FOR_NS
            or later.start_ns < earlier.end_ns
        ):
            continue
        if list(later.input_messages[: len(earlier.input_messages)]) == list(earlier.input_messages):
            tokens = earlier.input_tokens or 0
        else:
            tokens = common_tokens(_system(trace, earlier), _system(trace, later))
        if tokens >= CACHED_FROM_TOKENS:
            return later, tokens
    before, span = trace.previous, trace.answering
    if (
        before is None
        or span not in calls
        or span is None
        or before.model != (span.request_model or span.response_model)
    ):
        return None
    if not 0 <= span.start_ns - before.end_ns <= CACHED_FOR_NS:
        return None
    tokens = common_tokens(trace.read(before.system).text, trace.read(span.system_prompt).text)
    return (span, tokens) if tokens >= CACHED_FROM_TOKENS else None


def _system(trace: Trace, span: TraceSpan) -> str:
    return trace.read(span.system_prompt).text


def common_tokens(one: str, other: str) -> int:
    """About how many tokens two prompts share: their beginning, or all but a few words at their head, which is what spoils a cache."""
    if one == other:
        return len(one) // CHARACTERS_A_TOKEN
    shortest = min(len(one), len(other))
    before = _common(one, other, shortest)
    after = _common(one[::-1], other[::-1], shortest - before)
    return max(before, after if before < 200 and before + after > shortest - 80 else 0) // CHARACTERS_A_TOKEN


def _common(one: str, other: str, most: int) -> int:
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _cache_miss(trace: Trace) -> Seen | None:
    found = _pair(trace)
    if found is None or found[0].cache_read_tokens != 0:
        return None
    span, tokens = found
    return Seen(
        span,
        (
            compared(
                repeated_tokens=tokens,
                input_tokens=span.input_tokens or 0,
                cached_tokens=0,
                model=span.request_model or span.response_model,
            ),
        ),
    )


# What was mended on the way.

_MENDABLE = frozenset(
    {"serving_bottleneck.rate_limited", "serving_bottleneck.provider_error", "serving_bottleneck.timeout"}
)


def _beside(trace: Trace) -> dict[tuple[str, str], list[TraceSpan]]:
    """Spans by stage and parent, and single ones by their id."""
    if "beside" not in trace.memo:
        found: dict[tuple[str, str], list[TraceSpan]] = {}
        for span in trace.spans:
            found.setdefault((span.stage, span.parent_span_id), []).append(span)
            found["", span.span_id] = [span]
        trace.memo["beside"] = found
    spans: dict[tuple[str, str], list[TraceSpan]] = trace.memo["beside"]
    return spans


MOST_ATTEMPTS = 100
"""A call that was made again and again beside so many others has not been mended."""


def _success_after(finding: Finding, trace: Trace) -> tuple[TraceSpan, TraceSpan] | None:
    """The failed call that a finding is about, and the same call made again with success."""
    if finding.label not in _MENDABLE:
        return None
    failed = next(iter(_beside(trace).get(("", finding.span_id), ())), None)
    others = _beside(trace)[failed.stage, failed.parent_span_id] if failed else []
    if failed is None or len(others) > MOST_ATTEMPTS:
        return None
    for span in others:
        if (
            span is not failed
            and not span.failed
            and span.start_ns >= failed.start_ns
            and (span.output_messages or span.document_ids or span.output_tokens or not failed.input_messages)
            and (
                list(span.input_messages) == list(failed.input_messages)
                # Some senders put the system prompt elsewhere in a failed call.
                or (failed.question != NO_BODY and span.question == failed.question)
            )
        ):
            return failed, span
    return None


def recovered(finding: Finding, trace: Trace) -> bool:
    """Whether the failed call that a finding is about was made again with success."""
    return _success_after(finding, trace) is not None


MENDED_NS = 3_000_000_000
"""A second attempt that begins within this is hardly felt."""


def mended(finding: Finding, trace: Trace) -> bool:
    """Whether the next attempt succeeded, and soon: noteworthy, but no failure of the trace."""
    found = _success_after(finding, trace)
    if found is None:
        return False
    failed, again = found
    beside = _beside(trace)[failed.stage, failed.parent_span_id]
    attempts = sum(span.failed for span in beside if span.start_ns <= again.start_ns)
    return attempts == 1 and again.start_ns - failed.start_ns < MENDED_NS


CHECKS = (
    TraceCheck("trace.agent_loop", "tool_failure.agent_loop", 2, _agent_worked, _agent_loop, stage="agent", confidence=0.95),
    TraceCheck("trace.retry_loop", "tool_failure.retry_loop", 1, _several_calls, _retry_loop, stage="tool", confidence=0.95),
    TraceCheck("trace.ignored_result", "tool_failure.ignored_result", 9, _used_tools, _ignored, stage="generation", confidence=0.85),
    TraceCheck("trace.fabricated_result", "unsupported_generation.fabricated_tool_result", 12, _has_tools, _fabricated, stage="generation", confidence=0.85),
    TraceCheck("trace.slow_stage", "serving_bottleneck.slow_stage", 3, _took_time, _slow_stage, confidence=0.9),
    TraceCheck("trace.cache_miss", "serving_bottleneck.cache_miss", 1, _reports_cache, _cache_miss, stage="generation", confidence=0.9),
)  # fmt: skip
