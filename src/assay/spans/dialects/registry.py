"""The dialects in the order in which they are tried; in a group of columns the first one that yields a value wins."""

from assay.spans.dialects.otel import OTEL
from assay.spans.dialects.table import Dialect

DIALECTS: tuple[Dialect, ...] = (OTEL,)

EXCLUSIVE = frozenset({"openlit"})
"""Dialects that pass on Anthropic's own input count, which leaves cached tokens out."""
