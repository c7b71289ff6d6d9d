"""All dashboards, in the order in which a person meets them."""

from assay.dashboards.boards import agents, cost, failures, latency, ourselves, quality, retrieval, scorecard, traces
from assay.dashboards.panel import Dashboard

DASHBOARDS: tuple[Dashboard, ...] = (
    scorecard.DASHBOARD,
    failures.DASHBOARD,
    latency.DASHBOARD,
    cost.DASHBOARD,
    quality.DASHBOARD,
    retrieval.DASHBOARD,
    agents.DASHBOARD,
    traces.DASHBOARD,
    ourselves.DASHBOARD,
)
