"""Writes docs/reference/metrics.md from the table of metrics: `python -m assay.telemetry.reference [--check]`."""

import argparse
import sys
from pathlib import Path

from assay.telemetry.names import METRICS

FILE = Path("docs/reference/metrics.md")

HEAD = """# Metrics

What Assay publishes about itself at `/metrics` of the HTTP listener, in Prometheus' text format. Beside these stand the
usual `process_*` and `python_info` metrics. Made by `python -m assay.telemetry.reference`; do not edit.

| metric | kind | labels | meaning |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    rows = [
        f"| `{name}` | {metric.kind} | {', '.join(f'`{label}`' for label in metric.labels)} | {metric.meaning} |\n"
        for name, metric in sorted(METRICS.items())
    ]
    return HEAD + "".join(rows)


def main() -> int:
    """Write the page, or compare it; 1 when it is out of date."""
    arguments = argparse.ArgumentParser(prog="python -m assay.telemetry.reference", description=__doc__)
    arguments.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page is out of date")
    if not arguments.parse_args().check:
        FILE.parent.mkdir(parents=True, exist_ok=True)
        FILE.write_text(page(), encoding="utf-8")
        return 0
    if FILE.exists() and FILE.read_text(encoding="utf-8") == page():
        return 0
    sys.stderr.write(f"{FILE} is out of date: run `python -m assay.telemetry.reference`.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
