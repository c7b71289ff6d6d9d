"""Canonical GenAI spans: the columns, the batch that carries them, and the dialects that fill them.

In: one span or log record as plain Python values (`RawSpan`, `RawLog`). Out: canonical values by column name.
Promise: a dialect never raises for a value that a sender may send; what it cannot read it leaves out, and the raw
attributes are stored beside the canonical columns whatever happens.
"""
