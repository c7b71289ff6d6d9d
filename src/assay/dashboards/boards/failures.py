"""What goes wrong, by the taxonomy: which class, which stage, since when, for whom, with which version, and examples."""

from assay.dashboards.boards.links import EXAMPLE_TRACE, FAILURES, ONE_LABEL, OPEN_TRACE, SERVICE_TRACES, STAGE_LATENCY
from assay.dashboards.panel import Dashboard, Panel, Row, Step
from assay.dashboards.variables import AGGREGATED, LABEL

WHAT = Row("What is failing", (
    Panel(
        "Requests with a failure", "failures/share", "stat",
        "Share of requests (traces) with a finding of severity `warning` or `error`.",
        "Twice what is usual for this hour of the week.",
        "The table of labels: which one grew?",
        unit="percentunit", width=4, steps=(Step(0.05, "orange"), Step(0.15, "red")),
    ),
    Panel(
        "Failures by class", "failures/classes", "timeseries",
        "Requests an hour with a failure, by class of the taxonomy. A request with two classes is in both.",
        "One class that steps up and stays: that moment is a release, a prompt version, an index, or a provider.",
        "Narrow the range to the step and read *What came with it*.",
        unit="none", width=20, legend="class", stacked=True,
    ),
    Panel(
        "Labels", "failures/labels", "table",
        "Each label with requests, since when, where, an example, what it means, and what usually mends it.",
        "`error` above `warning`; a label whose first sighting is inside the range and whose share is large: it is new.",
        "Click the label to see only it, or its example.",
        width=24, height=10, units=(("share", "percentunit"), ("first_seen", "dateTimeAsIso"), ("last_seen", "dateTimeAsIso")),
        links=(ONE_LABEL, EXAMPLE_TRACE), meanings=(("meaning", "definition"), ("fix", "fix")),
    ),
    Panel(
        "First causes", "failures/first_causes", "table",
        "Of each settled request with a failure the one finding that explains the others: shares add up to 100 %.",
        "A cause at the top that *Labels* shows further down: what stands above it there only follows from it.",
        "Mend this one first; open its example.",
        width=24, height=8, units=(("share", "percentunit"), ("first_seen", "dateTimeAsIso"), ("last_seen", "dateTimeAsIso")),
        links=(ONE_LABEL, EXAMPLE_TRACE), meanings=(("fix", "fix"),),
    ),
))  # fmt: skip

WHERE = Row("Where, for whom, since which version", (
    Panel(
        "By stage", "failures/stages", "bars",
        "Requests with a failure, by the stage of the pipeline that it points at.",
        "An early stage (retrieval, context) dominates: mend it first, what comes after follows from it.",
        "Choose a label of that stage.",
        unit="none", width=6,
    ),
    Panel(
        "For whom", "failures/cohorts", "table",
        "Each value of the cohort label chosen above, with its share of failing requests and how many times the overall share that is.",
        "A value far above 1 with enough requests: it is theirs alone.",
        "Choose tenant, locale, release and segment in turn; the one that splits best names the cause.",
        width=18, units=(("share", "percentunit"),), steps=(Step(2, "orange"), Step(5, "red")), coloured=("times_overall",),
    ),
    Panel(
        "What came with it", "failures/versions", "table",
        "Failing requests by service, release, model and prompt version, with their first sighting in the range.",
        "A version whose first sighting is the step in *Failures by class*.",
        "Roll that version back, then compare both versions' traces.",
        width=24, units=(("first_seen", "dateTimeAsIso"), ("last_seen", "dateTimeAsIso")), links=(SERVICE_TRACES,),
    ),
))  # fmt: skip

PROOF = Row("How sure, and examples", (
    Panel(
        "Rates by check", "failures/rates", "table",
        "How often each check finds something, of the spans that the question could be asked of. Checks that found nothing are left out.",
        "A rate near 100 %: the check or its limits do not fit this service. A small `asked`: content or attributes are not captured.",
        "Look at three examples before you believe it; disable or bound the check in the configuration.",
        width=8, units=(("rate", "percentunit"),),
    ),
    Panel(
        "Newest failures", "failures/examples", "table",
        "The newest findings with their evidence: the quotation, or the numbers that were compared.",
        "The same sentence or the same document all the way down.",
        "Click a trace id: spans, messages and documents stand side by side there.",
        width=16, height=10, units=(("time", "dateTimeAsIso"), ("confidence", "percentunit")), links=(OPEN_TRACE, STAGE_LATENCY),
    ),
))  # fmt: skip

DASHBOARD = Dashboard(
    FAILURES,
    "Assay / Failures",
    "Which class of failure, which stage, since when, for whom, with which version.",
    (*AGGREGATED, LABEL),
    (WHAT, WHERE, PROOF),
)
