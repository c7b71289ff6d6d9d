"""The dictionary of failures: `taxonomy.yaml` in, classes and kinds as values out. Every label of Assay is in it."""

from assay.taxonomy.load import FailureClass, Kind, Taxonomy, kinds, taxonomy

__all__ = ["FailureClass", "Kind", "Taxonomy", "kinds", "taxonomy"]
