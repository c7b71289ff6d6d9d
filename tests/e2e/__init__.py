"""End to end: Assay as real processes next to a real Collector."""
