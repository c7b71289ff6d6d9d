"""Checks and signals that compare a turn with the one before it in its conversation, in its own trace or in the one before.

    previous turn, this turn ─► what was sent before and is missing now ─► cut off, or replaced by a summary

Messages are compared by content hash, so that a history of a hundred messages costs a hundred lookups in a set.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from assay.checks.evidence import compared, quote
from assay.checks.finding import Evidence
from assay.checks.trace import Trace, TraceSpan, Turn
from assay.checks.trace_check import Seen, TraceCheck
from assay.checks.words import content
from assay.spans.columns import NO_BODY
from assay.spans.windows import context_window_tokens

NEARLY_FULL = 0.9
"""Share of the context window from which on the input leaves hardly any room."""

ROUNDED = 1.05
"""Windows are published as 1,000,000 where they are 1,048,576."""

_SUMMARY = re.compile(
    r"\brecap\b|(?:conversation|messages|turns|history|chat)\W+(?:\w+\W+){0,2}(?:condensed|compressed|shortened)|(?:condensed|compressed) (?:conversation|messages|turns|history|chat)|summar(?:y|ies|ised|ized|ising|izing)|conversation so far|(?:earlier|previous) (?:conversation|messages|turns|discussion)|compact(?:ed|ion)|"
    r"^\W*previously\b|what (?:we|have we) (?:have )?discussed|zusammenfassung|bisheriges? gespräch|résumé de la conversation|resumen de la conversación",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"\W{0,5}(?:(?:here|this|below) is )?(?:an? |the )?(?:summary|recap|zusammenfassung|résumé|resumen|resumo|riassunto|samenvatting|podsumowanie)\s"
    r"[^:\n]{0,40}\b(?:conversations?|chat|dialogue|discussion|messages|turns|talk|gesprächs?|unterhaltung|échanges?|conversación|conversa|conversazione|gesprek|rozmowy)\b[^:\n]{0,20}:",
    re.IGNORECASE,
)
"""How a message begins that stands for a conversation."""
_SUMMARY_CHARACTERS = 300
LEAST_RETOLD = 6
"""Words of content of a message that stands for others."""
RETOLD = 0.5
"""Share of them that the missing messages have."""
LEAST_OF_EACH = 2
"""Words that it has from each of at least two missing messages."""


class History(NamedTuple):
    """What became of the messages of the turn before."""

    missing: Sequence[bytes]
    summary: bytes
    """A message that is new and stands for them; `NO_BODY` without."""


def _compares(trace: Trace) -> bool:
    before = _before(trace)
    return trace.turn is not None and before is not None and len(before.messages) > 1


def _before(trace: Trace) -> Turn | None:
    """The turn before: an earlier call of this trace that the last one goes on from, where a trace holds a whole conversation."""
    if "before" not in trace.memo:
        trace.memo["before"] = next(_earlier_turns(trace), trace.previous)
    found: Turn | None = trace.memo["before"]
    return found


def _earlier_turns(trace: Trace) -> Iterator[Turn]:
    turn, last = trace.turn, trace.answering
    if turn is None or last is None or not turn.messages:
        return
    for span in reversed(trace.calls):
        if span.start_ns >= last.start_ns or span.stage != last.stage or span.request_model != last.request_model:
            continue
        told = [one for one in span.input_messages if trace.read(one).role not in ("system", "developer")]
        goes_on = bool(told) and told[-1] in turn.messages[:-1]
        is_retold = len(turn.messages) > 1 and _SUMMARY.search(trace.read(turn.messages[0]).text[:_SUMMARY_CHARACTERS])
        if len(told) > 1 and span.system_prompt == last.system_prompt and (goes_on or is_retold):
            yield Turn(
                trace.trace_id, span.start_ns, span.start_ns + span.duration_ns, span.request_model, span.system_prompt, told, span.question,
                span.answer, span.input_tokens or 0,
            )  # fmt: skip


def history(trace: Trace) -> History:
    """Messages that the turn before had sent as history, and that this one does not send any more."""
    found: History | None = trace.memo.get("history")
    if found is None:
        found = trace.memo["history"] = _history(trace)
    return found


def _history(trace: Trace) -> History:
    turn, before = trace.turn, _before(trace)
    if turn is None or before is None or trace.answering is None:
        return History((), NO_BODY)
    # The last message of the turn before may stand in the history without the context that was written around it.
    missing = list(Counter(before.messages[:-1]) - Counter(turn.messages[:-1]))
    if not missing:
        return History((), NO_BODY)
    old = {*before.messages, before.answer, before.question, before.system, turn.question, turn.system}
    # A summary may be a system message beside the system prompt, too.
    new = [one for one in trace.answering.input_messages if one not in old and one != turn.messages[-1]]
    summary = next((one for one in new if _SUMMARY.search(trace.read(one).text[:_SUMMARY_CHARACTERS])), NO_BODY)
    if summary == NO_BODY:
        # It stands where they stood; what comes after the first message belongs to the turn before.
        first = (turn.messages[0], *(one for one in new if trace.read(one).role in ("system", "developer")))
        summary = next((one for one in first if one in new and _retells(trace, one, missing)), NO_BODY)
    if summary == NO_BODY and turn.system not in (before.system, NO_BODY):
        said, said_before = (trace.read(one).text for one in (turn.system, before.system))
        at = _SUMMARY.search(said)
        if at and not _SUMMARY.search(said_before):
            summary = turn.system
    return History(missing, summary)


def _retells(trace: Trace, new: bytes, missing: Sequence[bytes]) -> bool:
    """Whether a new message says in fewer words what several of the missing ones said, whatever it calls itself."""
    text, gone = trace.read(new).text, [content(trace.read(one).text) for one in missing]
    said = content(text)
    before = _before(trace)
    if before and text.strip() in trace.read(before.messages[-1]).text:
        return False  # what was asked before, without the context that was written around it
    whole = frozenset[str]().union(*gone)
    if not LEAST_RETOLD <= len(said) <= len(whole) or len(said & whole) < RETOLD * len(said):
        return False
    return sum(len(said & one) >= LEAST_OF_EACH for one in gone) >= 2


def _cut_off(trace: Trace) -> Seen | None:
    found = history(trace)
    return _gone(trace, found, ()) if found.missing and found.summary == NO_BODY else None


def _own_summary(trace: Trace) -> bytes:
    """The message, before the first answer of a conversation that goes on, that calls itself a summary of it; `NO_BODY` without."""
    sent = trace.answering.input_messages if trace.turn and trace.answering else ()
    answers = [at for at, one in enumerate(sent) if trace.read(one).role == "assistant"]
    first = sent[: answers[0]] if answers else ()
    return next((one for one in first if _OPENS.match(trace.read(one).text)), NO_BODY)


def _compares_or_is_told(trace: Trace) -> bool:
    return _compares(trace) or _own_summary(trace) != NO_BODY


def _compacted(trace: Trace) -> Seen | None:
    found = history(trace)
    own = _own_summary(trace) if not found.missing else NO_BODY
    if own != NO_BODY:
        text = trace.read(own).text
        return Seen(trace.answering, (quote("input_messages", text, (0, len(text)), own, "stands for them"),))
    if not found.missing or found.summary == NO_BODY:
        return None
    text = trace.read(found.summary).text
    at = _SUMMARY.search(text)
    start = max(at.start() - 20, 0) if at else 0
    return _gone(trace, found, (quote("input_messages", text, (start, len(text)), found.summary, "stands for them"),))


def _gone(trace: Trace, found: History, more: tuple[Evidence, ...]) -> Seen:
    before = _before(trace)
    first = trace.read(found.missing[0]).text
    return Seen(
        trace.answering,
        (
            compared(
                f"first of them: {first[:120]}", missing_messages=len(found.missing), messages=len(trace.turn.messages) if trace.turn else 0,
                messages_before=len(before.messages) if before else 0, previous_trace=before.trace_id if before else "",
            ),
            *more,
        ),
    )  # fmt: skip


def _fills(span: TraceSpan) -> tuple[int, int] | None:
    """Input tokens and window of a model call, where both are known."""
    window = context_window_tokens(span.response_model) or context_window_tokens(span.request_model)
    return (span.input_tokens, window) if window and span.input_tokens is not None else None


def _windowed(trace: Trace) -> bool:
    return any(_fills(span) for span in trace.calls)


def _near_limit(trace: Trace) -> Seen | None:
    for span in trace.calls:
        found = _fills(span)
        # Much more than the window: the provider offers another one for this account.
        if found and NEARLY_FULL * found[1] <= found[0] <= ROUNDED * found[1]:
            return Seen(
                span,
                (
                    compared(
                        input_tokens=found[0], window_tokens=found[1], model=span.response_model or span.request_model
                    ),
                ),
            )
    return None


# Signals: what people do tells how they found the answer before. Not failures of their own.

Signal = Literal["rephrased", "doubted", "repeated", "thanked", "abandoned"]

ALIKE = 0.6
"""Questions that share this part of their words ask the same thing."""
SOON_NS = 15 * 60 * 1_000_000_000
"""What is asked later than this after an answer is a new question."""

_DOUBT = re.compile(
    r"\bare you (?:really |quite |absolutely )?sure\b|\b(?:that|this|it)(?:'s| is|’s)(?: just| simply)? (?:wrong|incorrect|not (?:right|true|correct|what i (?:asked|meant)))|"
    r"\bthat can(?:'|’)?(?:t| ?not) be (?:right|true|correct)|\bi (?:don(?:'|’)?t|do not) (?:think|believe) (?:that|this|so)\b|\byou(?:'|’)?re wrong\b|\bare you certain\b|"
    r"\bsind sie (?:sich )?sicher\b|\bdas stimmt nicht\b|\bes-tu s[uû]r|[êe]tes-vous s[uû]r|\bce n(?:'|’)est pas (?:vrai|correct)|\bestás? seguro|\bno es (?:correcto|verdad)\b",
    re.IGNORECASE,
)
_DOUBT_MARKS = (
    "sure", "wrong", "correct", "right", "true", "what i", "think", "believe", "certain", "sicher", "stimmt", "sur", "sûr", "vrai", "segur", "verdad",
)  # fmt: skip
"""Every wording of `_DOUBT` has one of these, in lower case."""
_THANKS = re.compile(
    r"^\W*(?:many )?(?:thanks|thank you|thx|perfect|great, thanks|danke|merci|gracias)\b", re.IGNORECASE
)


class Said(NamedTuple):
    """One signal about a turn, and the turn that gave it."""

    signal: Signal
    trace_id: str
    """The trace whose answer it is about."""
    by_trace_id: str
    quote: str


def signals(trace: Trace) -> tuple[Said, ...]:
    """What this turn says about the one before, or about itself."""
    found: list[Said] = []
    before, question = trace.previous, trace.question
    if before is not None and question and trace.root.start_ns - before.end_ns <= SOON_NS:
        asked_before = trace.read(before.question).text
        one, other = content(question[:1000]), content(asked_before[-1000:])
        alike = len(one & other) / len(one | other) if one | other else 0.0
        lower = question[:300].lower()
        if any(mark in lower for mark in _DOUBT_MARKS) and _DOUBT.search(question[:300]):
            found.append(Said("doubted", before.trace_id, trace.trace_id, question[:160]))
        elif _THANKS.search(question) and len(question) < 80:
            found.append(Said("thanked", before.trace_id, trace.trace_id, question[:160]))
        elif len(one) > 1 and question.strip() == asked_before.strip():
            found.append(Said("repeated", before.trace_id, trace.trace_id, question[:160]))
        elif len(one) > 1 and alike >= ALIKE:
            found.append(Said("rephrased", before.trace_id, trace.trace_id, question[:160]))
    if any(span.outcome == "abandoned" for span in trace.spans):
        found.append(Said("abandoned", trace.trace_id, trace.trace_id, ""))
    return tuple(found)


CHECKS = (
    TraceCheck("trace.history_truncated", "context_boundary.history_truncated", 5, _compares, _cut_off, stage="context", confidence=0.95),
    TraceCheck("trace.compacted", "context_boundary.compacted", 6, _compares_or_is_told, _compacted, stage="context", confidence=0.95),
    TraceCheck("trace.near_limit", "context_boundary.near_limit", 1, _windowed, _near_limit, stage="context", confidence=0.97),
)  # fmt: skip
