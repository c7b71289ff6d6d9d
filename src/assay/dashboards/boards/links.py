"""Where clicks lead: uids of dashboards, and links from a cell."""

from assay.dashboards.grafana import click_url
from assay.dashboards.panel import Link

SCORECARD, FAILURES, LATENCY, COST = "assay-scorecard", "assay-failures", "assay-latency", "assay-cost"
RETRIEVAL, AGENTS, TRACES, OURSELVES = "assay-retrieval", "assay-agents", "assay-traces", "assay-itself"
QUALITY = "assay-quality"

OPEN_TRACE = Link("Open this trace", click_url(TRACES, "var-trace=${__value.raw}"), column="trace_id")
EXAMPLE_TRACE = Link("Open this trace", click_url(TRACES, "var-trace=${__value.raw}"), column="example")
ONE_LABEL = Link("Only this label", click_url(FAILURES, "var-label=${__value.raw}"), column="label")
SERVICE_LATENCY = Link("Latency of this service", click_url(LATENCY, "var-service=${__value.raw}"), column="service")
SERVICE_TRACES = Link("Traces of this service", click_url(TRACES, "var-service=${__value.raw}"), column="service")
STAGE_LATENCY = Link("Only this stage", click_url(LATENCY, "var-stage=${__value.raw}"), column="stage")
MODEL_COST = Link("Cost of this model", click_url(COST, "var-model=${__value.raw}"), column="model")
