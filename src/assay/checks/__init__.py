"""Deterministic checks: canonical spans go in, findings come out.

    SpanBatch + texts ─► prefilter (one scan of the texts) ─► flags (columns) ─► confirm (flagged rows) ─► Findings
    settled trace      ─► trace checks ─► Findings, one of them primary

A check is a value. The same batch gives the same findings, whatever its boundaries, order or replica. A check that raises
costs only its own finding, and is counted. Nothing here reads the wall clock, the network or the store.
"""
