"""Prometheus metrics of this process, by name.

A process whose metrics another one publishes keeps changes instead: `relay` there, and each `take_changes` goes to `replay` here.
"""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from assay.telemetry.names import METRICS, MetricName

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

disable_created_metrics()  # type: ignore[no-untyped-call]
_registry = CollectorRegistry(auto_describe=False)
ProcessCollector(registry=_registry)
PlatformCollector(registry=_registry)


def _make(name: MetricName) -> Counter | Gauge | Histogram:
    metric = METRICS[name]
    if metric.kind == "histogram":
        return Histogram(name, metric.meaning, metric.labels, registry=_registry, buckets=BUCKETS_SECONDS)
    if metric.kind == "gauge":
        return Gauge(name, metric.meaning, metric.labels, registry=_registry)
    return Counter(name, metric.meaning, metric.labels, registry=_registry)


_metrics = {name: _make(name) for name in METRICS}

Change = tuple[MetricName, float, dict[str, str]]
_changes: deque[Change] | None = None


def relay() -> None:
    """From now on changes of this process are kept for `take_changes`."""
    global _changes  # noqa: PLW0603 - metrics belong to the process
    _changes = deque()


def take_changes() -> list[Change]:
    """What changed since the last call, oldest first; nothing without `relay`."""
    return [_changes.popleft() for _ in range(len(_changes))] if _changes else []


def replay(changes: Iterable[Change]) -> None:
    """Make the changes of another process ours."""
    for name, amount, labels in changes:
        match _metrics[name]:
            case Counter():
                count(name, amount, **labels)
            case Gauge():
                set_gauge(name, amount, **labels)
            case Histogram():
                observe(name, amount)


def count(name: MetricName, amount: float = 1, **labels: str) -> None:
    """Add to a counter. Raises TypeError where `name` is not one, ValueError where the labels are not its own."""
    metric = _metrics[name]
    if not isinstance(metric, Counter):
        raise TypeError(f"{name} is no counter")
    if _changes is not None:
        _changes.append((name, amount, labels))
        return
    (metric.labels(**labels) if labels else metric).inc(amount)


def set_gauge(name: MetricName, to: float, **labels: str) -> None:
    """Set a gauge. Raises TypeError where `name` is not one, ValueError where the labels are not its own."""
    metric = _metrics[name]
    if not isinstance(metric, Gauge):
        raise TypeError(f"{name} is no gauge")
    if _changes is not None:
        _changes.append((name, to, labels))
        return
    (metric.labels(**labels) if labels else metric).set(to)


def observe(name: MetricName, seconds: float) -> None:
    """Add one observation to a histogram. Raises TypeError where `name` is not one."""
    metric = _metrics[name]
    if not isinstance(metric, Histogram):
        raise TypeError(f"{name} is no histogram")
    if _changes is not None:
        _changes.append((name, seconds, {}))
        return
    metric.observe(seconds)


@contextmanager
def timed(name: MetricName) -> Iterator[None]:
    """Observe how long the block took, also when it raises."""
    began = time.perf_counter()
    try:
        yield
    finally:
        observe(name, time.perf_counter() - began)


def value(name: str, **labels: str) -> float:
    """The current value of a sample (`_count` and `_sum` of histograms too); 0 where it never changed."""
    return _registry.get_sample_value(name, labels) or 0.0


def exposition() -> bytes:
    """Everything in Prometheus' text format; its content type is `CONTENT_TYPE`."""
    return generate_latest(_registry)
