"""The metrics and log lines that we publish about ourselves.

`names.py` declares every metric once; `count`, `set_gauge`, `observe` and `timed` are the only ways to change one, and
`exposition` is what `/metrics` answers. `logs.py` sets up structured log lines that never show a secret.
"""

from assay.telemetry.logs import setup_logging
from assay.telemetry.metrics import (
    Change,
    count,
    exposition,
    observe,
    relay,
    replay,
    set_gauge,
    take_changes,
    timed,
    value,
)
from assay.telemetry.names import METRICS, MetricName

__all__ = [
    "METRICS",
    "Change",
    "MetricName",
    "count",
    "exposition",
    "observe",
    "relay",
    "replay",
    "set_gauge",
    "setup_logging",
    "take_changes",
    "timed",
    "value",
]
