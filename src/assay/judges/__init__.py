"""Opinions about settled traces, one dimension at a time, each with what it takes to check and to repeat it.

    Trace ─► Case (inputs by name) ─► egress policy ─► prompt ─► client ─► answer, its quotations looked up ─► Verdict | Unscored

A judge is one Markdown file (`library/`, and a folder of yours). Telemetry is data for a judge, never an instruction: `prompt.py`
fences it. No call is made before its cost is reserved (`budget.py`), and what a judge claims to have read is looked up in what it
was given (`answer.py`). The judges of `offline.py` need no network and are not calibrated.
"""
