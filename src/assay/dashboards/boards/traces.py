"""From a list to one trace, with what was said and found beside it."""

from assay.dashboards.boards.links import ONE_LABEL, OPEN_TRACE, TRACES
from assay.dashboards.panel import Dashboard, Panel, Row, Step
from assay.dashboards.variables import DETAILED, TRACE, WORDS

LIST = Row("Traces", (
    Panel(
        "Newest traces", "traces/list", "table",
        "The newest hundred traces that fit the filters, with the question.",
        "Errors, long durations, many model calls for a short question.",
        "Click a trace id; it opens below.",
        width=24, height=10, units=(("started", "dateTimeAsIso"), ("cost", "currencyUSD")),
        steps=(Step(1, "red"),), coloured=("errors",), links=(OPEN_TRACE,), ignores=("trace",),
    ),
))  # fmt: skip

_ONE = ("service", "environment", "tenant", "route", "words")

ONE = Row("One trace", (
    Panel(
        "Trace", "traces/trace", "traces",
        "The spans of the chosen trace in time; tags hold stage, model, tokens, cost, labels.",
        "A stage that fills the width; a gap where nothing happens; a red span whose parent is green.",
        "Open the span's tags, then the messages and documents beside it.",
        width=14, height=18, ignores=_ONE,
    ),
    Panel(
        "What was said", "traces/messages", "table",
        "Messages of all model calls of the trace, oldest first, each once.",
        "An answer that says what no document and no tool result says.",
        "Compare with the documents below: not found, found and dropped, or ignored?",
        width=10, height=18, units=(("start_time", "dateTimeAsLocal"),), ignores=_ONE,
    ),
    Panel(
        "What is wrong", "traces/findings", "table",
        "Findings of the trace with their evidence, what they mean, and what usually mends them.",
        "Anything of severity `error`. Several: the most upstream stage usually explains the others.",
        "Compare the evidence with messages and documents beside it.",
        width=24, height=6, units=(("confidence", "percentunit"),), meanings=(("meaning", "definition"), ("fix", "fix")),
        links=(ONE_LABEL,), ignores=_ONE,
    ),
    Panel(
        "Spans", "traces/spans", "table",
        "The same spans as numbers.",
        "Where duration, tokens or cost are far from the neighbours'.",
        "The status message is what the library said.",
        width=24, height=10, units=(("cost_usd", "currencyUSD"),), ignores=_ONE,
    ),
    Panel(
        "What was retrieved", "traces/documents", "table",
        "Documents of the trace, by rank, with text; `selected` is 1 where a document went into the prompt.",
        "The right document is missing, ranks low, or is found and not selected.",
        "Missing: index or query. Low: reranking. Not selected: the length of the context.",
        width=24, height=10, ignores=_ONE,
    ),
))  # fmt: skip

DASHBOARD = Dashboard(
    TRACES,
    "Assay / Trace explorer",
    "Find a trace, then see its spans, messages and documents side by side.",
    (*DETAILED, WORDS, TRACE),
    (LIST, ONE),
    since="now-1h",
)
