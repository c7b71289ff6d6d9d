"""Whether the right documents are found."""

from assay.dashboards.boards.links import OPEN_TRACE, RETRIEVAL, SERVICE_TRACES
from assay.dashboards.panel import Dashboard, Panel, Row, Step
from assay.dashboards.variables import DETAILED

FOUND = Row("Is something found?", (
    Panel(
        "Empty retrievals", "retrieval/empty", "timeseries",
        "Share of retrievals that returned no document.",
        "A step up: an index that is being rebuilt, a filter that matches nothing, a wrong collection name after a release.",
        "Compare the indexes below, then open one of the weakest retrievals.",
        unit="percentunit", legend="service", steps=(Step(0.05, "orange"), Step(0.2, "red")),
    ),
    Panel(
        "Best score of a retrieval", "retrieval/best_score", "timeseries",
        "Median of the best score of each retrieval, and the worst twentieth, by index. Scores of different indexes do not compare.",
        "A fall: questions moved away from the documents, the embedding model changed, or the index is stale.",
        "Look at the weakest retrievals: do the documents exist at all? Then it is coverage, not search.",
        unit="none", legend="data_source",
    ),
    Panel(
        "Retrievals a minute", "retrieval/volume", "timeseries",
        "Retrievals by service.",
        "It falls while requests do not: the application answers without looking anything up.",
        "Open traces of that service and see which branch they take.",
        legend="service",
    ),
    Panel(
        "p95 by stage", "retrieval/latency", "timeseries",
        "95th percentile of the duration of embedding, retrieval and rerank.",
        "Rerank grows with the number of documents; retrieval with the size of the index.",
        "Fewer candidates for the reranker; look at the index's own health.",
        unit="ms", legend="stage",
    ),
))  # fmt: skip

WHAT = Row("What is found", (
    Panel(
        "Indexes", "retrieval/sources", "table",
        "Each index: retrievals, documents each, empty ones, best scores, and the share of returned documents that went into the prompt.",
        "An index with lower scores than its sibling: a stale copy. A selected share near zero: what is found is not used.",
        "Click the service to see its traces.",
        width=24, units=(("empty", "percentunit"), ("selected_share", "percentunit")),
        steps=(Step(0.05, "orange"), Step(0.2, "red")), coloured=("empty",), links=(SERVICE_TRACES,),
    ),
    Panel(
        "Documents", "retrieval/documents", "table",
        "The documents that are returned most, with mean rank, score, use and versions.",
        "One document in every answer: a distractor. Several versions of one document: an index that was not rebuilt.",
        "Take distractors out of the index or split them; rebuild stale indexes.",
        width=24, units=(("selected_share", "percentunit"),),
    ),
    Panel(
        "Weakest retrievals", "retrieval/weakest", "table",
        "Retrievals without documents, then those with the lowest best score, with the query.",
        "Queries that a person would answer from your documents.",
        "Click a trace id; see what came back and what the model answered anyway.",
        width=24, units=(("start_time", "dateTimeAsIso"),), links=(OPEN_TRACE,),
    ),
))  # fmt: skip

DASHBOARD = Dashboard(
    RETRIEVAL, "Assay / Retrieval", "Whether the right documents are found and used.", DETAILED, (FOUND, WHAT)
)
