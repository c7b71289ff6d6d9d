"""Believable traffic with the truth beside it: a seed goes in, OTLP requests and `truth.jsonl` come out.

It knows the taxonomy's names and nothing of the checks, so that what the checks find can be compared with what was put in.
"""
