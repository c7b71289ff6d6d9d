"""The second program: what is known only afterwards. It reads and writes shelves and never talks to the front door.

`settle.py` looks at traces that have gone quiet: log records are joined to the spans that they describe, twin reports and
parents that repeat their children are marked. `rollup.py` keeps the aggregates of dirty time buckets true. Both remember
nothing but a watermark in the store, may be killed at any moment, and change nothing when they run twice.
"""
