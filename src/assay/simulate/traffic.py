"""Which conversations take place when: a whole period with its load and its incidents, or every fault so many times."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay.errors import NotFound
from assay.simulate.cast import SERVICES, Service, visitor
from assay.simulate.dice import Dice
from assay.simulate.faults import FAULTS
from assay.simulate.knowledge import domains
from assay.simulate.story import Fault, Told, conversation

HOUR_NS = 3_600_000_000_000


class Incident(NamedTuple):
    """Something that goes wrong for a while, and mostly for some."""

    label: str
    service: str
    """Name of the service; empty for all where the fault can happen."""
    share: float
    """Of the conversations that it can reach."""
    begins: float
    """Share of the period that has passed."""
    ends: float
    tenant: str = ""
    flag: str = ""
    """Feature flag that has to be on."""
    version: str = ""
    """Prompt version that it came with."""


INCIDENTS = (
    Incident("retrieval_miss.source_absent", "outfitters-help", 0.6, 0.55, 1.0, version="v8"),
    Incident("serving_bottleneck.slow_first_token", "", 0.3, 0.3, 0.8, tenant="globex"),
    Incident("context_construction.broken_chunk", "handbook-bot", 0.35, 0.4, 1.0, flag="new-chunker"),
    Incident("tool_failure.tool_timeout", "order-agent", 0.5, 0.7, 0.85),
    Incident("output_format.invalid_json", "invoice-extractor", 0.4, 0.5, 1.0, version="3"),
)
"""What a person can find out from the demo: since when, for whom, and where."""


def labels_of(words: Sequence[str]) -> tuple[str, ...]:
    """Labels from what a person typed: labels or classes; none for all."""
    for word in words:
        if not any(word in (label, label.partition(".")[0]) for label in FAULTS):
            raise NotFound(f"{word!r} is no fault that can be simulated. There are: {', '.join(FAULTS)}.")
    return tuple(label for label in FAULTS if not words or label in words or label.partition(".")[0] in words)


def period(
    *, seed: int, traces: int, until_ns: int, hours: float, fault_rate: float, labels: Sequence[str], incidents: bool
) -> Iterator[Told]:
    """Exactly `traces` traces of a period that ends at `until_ns`, conversations in the order of their beginnings.

    `fault_rate` is the share of conversations in which one of `labels` happens; incidents come on top of it.
    """
    told = 0
    for number, at_ns in enumerate(_beginnings(seed, traces, until_ns, hours)):
        progress = 1.0 - (until_ns - at_ns) / (hours * HOUR_NS)
        for one in _one(seed, number, at_ns, progress, fault_rate=fault_rate, labels=labels, incidents=incidents):
            if told == traces:
                return
            told += 1
            yield one


DEMO_HOURS, DEMO_FAULT_RATE = 3.0, 0.06


def demo(*, seed: int, traces: int, until_ns: int) -> Iterator[ExportTraceServiceRequest]:
    """The traffic of `assay demo`: the last three hours, with incidents."""
    told = period(
        seed=seed, traces=traces, until_ns=until_ns, hours=DEMO_HOURS, fault_rate=DEMO_FAULT_RATE, labels=tuple(FAULTS), incidents=True
    )  # fmt: skip
    return (one.request for one in told)


def live(*, seed: int, number: int, at_ns: int, fault_rate: float, labels: Sequence[str]) -> Iterator[Told]:
    """Conversation `number` of traffic that goes on for ever, without incidents."""
    return _one(seed, number, at_ns, 1.0, fault_rate=fault_rate, labels=labels, incidents=False)


def _one(
    seed: int, number: int, at_ns: int, progress: float, *, fault_rate: float, labels: Sequence[str], incidents: bool
) -> Iterator[Told]:
    dice = Dice(seed, number, 1)
    service = dice.chosen(SERVICES, [one.weight for one in SERVICES])
    fault = _incident(dice, seed, number, service, progress) if incidents else None
    if fault is None and labels and dice.happens(fault_rate):
        label = dice.chosen(labels)
        variant = dice.chosen(FAULTS[label])
        service, fault = dice.chosen(variant.services), Fault(label, variant)
    return conversation(seed, number, service, at_ns=at_ns, progress=progress, fault=fault)


def _incident(dice: Dice, seed: int, number: int, service: Service, progress: float) -> Fault | None:
    """The fault of an incident that reaches this conversation."""
    language = domains()[service.domain].language if service.domain else "en"
    who = visitor(Dice(seed, number), language)
    for one in INCIDENTS:
        variants = [variant for variant in FAULTS[one.label] if service in variant.services]
        reached = (
            variants
            and one.begins <= progress < one.ends
            and one.service in ("", service.name)
            and one.tenant in ("", who.tenant)
            and (not one.flag or dict(who.flags)[one.flag] == "on")
        )
        if reached and dice.happens(one.share):
            return Fault(one.label, dice.chosen(variants), one.version)
    return None


def _beginnings(seed: int, count: int, until_ns: int, hours: float) -> list[int]:
    """When conversations begin: more by day than by night, fewer at weekends."""
    dice = Dice(seed, count, 2)
    found: list[int] = []
    span_ns = int(hours * HOUR_NS)
    while len(found) < count:
        at_ns = until_ns - 60_000_000_000 - int(dice.within(0.0, 1.0) * span_ns)
        if dice.happens(load(at_ns) if hours >= 6 else 1.0):
            found.append(at_ns)
    return sorted(found)


def load(at_ns: int) -> float:
    """How busy it is at a moment, 0 to 1, by the hour of the day (UTC) and the day of the week."""
    hour = at_ns / HOUR_NS % 24
    day = int(at_ns // (24 * HOUR_NS) + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    by_day = 0.18 + 0.82 * max(0.0, math.sin((hour - 5.0) / 17.0 * math.pi)) if 5.0 <= hour <= 22.0 else 0.18
    return by_day * (0.45 if day >= 5 else 1.0)


def syllabus(*, seed: int, each: int, clean: int, until_ns: int) -> Iterator[Told]:
    """Every fault `each` times, in all its variants and services in turn, and then clean traces until there are `clean`."""
    number, at_ns = 0, until_ns - 3 * 24 * HOUR_NS
    spaced_ns = 20_000_000_000
    for label, variants in FAULTS.items():
        for time in range(each):
            variant = variants[time % len(variants)]
            service = variant.services[(time // len(variants) + time) % len(variant.services)]
            number, at_ns = number + 1, at_ns + spaced_ns
            for told in conversation(seed, number, service, at_ns=at_ns, progress=0.6, fault=Fault(label, variant)):
                clean -= told.truth.clean
                yield told
    while clean > 0:
        number, at_ns = number + 1, at_ns + spaced_ns
        for told in _one(seed, number, at_ns, 0.6, fault_rate=0.0, labels=(), incidents=False):
            clean -= 1
            yield told
