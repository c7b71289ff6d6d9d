"""Assay: OTLP in, failure labels out.

An OTLP endpoint for GenAI telemetry. Spans and log records come in, are mapped from any dialect to canonical
columns, and are committed to ClickHouse (embedded chDB or a server) before the sender is told that they were accepted.
Floors go down only; the order is in `pyproject.toml` under `tool.importlinter`.
"""

__version__ = "0.1.0"
