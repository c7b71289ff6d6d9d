"""The four questions of every morning: does it work, is it right, is it fast, what does it cost."""

from assay.dashboards.boards.links import COST, FAILURES, LATENCY, SCORECARD, SERVICE_LATENCY, SERVICE_TRACES, TRACES
from assay.dashboards.grafana import click_url
from assay.dashboards.panel import Dashboard, Link, Panel, Row, Step
from assay.dashboards.variables import AGGREGATED

TO_FAILURES = Link("Failures", click_url(FAILURES))
TO_LATENCY = Link("Latency", click_url(LATENCY))
TO_COST = Link("Cost", click_url(COST))
TO_TRACES = Link("Traces", click_url(TRACES))

WORKS = Row("Does it work?", (
    Panel(
        "Requests that failed", "scorecard/requests_failed", "stat",
        "Share of requests (traces) in which a span failed or timed out.",
        "Above 1 %, or a jump within an hour.",
        "Look at the type of error beside it: `rate_limited` and `provider_error` are the provider's, `timeout` is usually yours.",
        unit="percentunit", width=4, steps=(Step(0.01, "orange"), Step(0.05, "red")), links=(TO_TRACES,),
    ),
    Panel(
        "Errors by type", "scorecard/errors_by_type", "timeseries",
        "Share of all spans that failed, by normalised type of error.",
        "One colour that grows while the traffic does not.",
        "Click through to the traces of that time; the same error in one model or one tenant only is a rollout, not the provider.",
        unit="percentunit", width=10, legend="error_type", stacked=True,
    ),
    Panel(
        "Requests a minute", "scorecard/requests", "timeseries",
        "Requests (traces) that started, a minute.",
        "A fall to zero: senders are down, or the Collector cannot reach Assay. A doubling: a retry storm or a loop.",
        "Zero: open the dashboard Assay itself. Doubling: look at Tools and agents for repeated calls.",
        width=10,
    ),
))  # fmt: skip

RIGHT = Row("Is it right?", (
    Panel(
        "Requests with a failure", "scorecard/labelled", "stat",
        "Share of requests (traces) in which a check found a failure (severity `warning` or `error`).",
        "Green everywhere else and rising here: answers are wrong while everything works.",
        "Open Failures: which class, since when, for whom.",
        unit="percentunit", width=4, steps=(Step(0.05, "orange"), Step(0.15, "red")), links=(TO_FAILURES,),
    ),
    Panel(
        "Failures by class", "scorecard/classes", "timeseries",
        "Requests an hour with a failure, by class of the taxonomy.",
        "One class that steps up and stays.",
        "Open Failures and narrow the range to the step.",
        unit="none", width=20, legend="class", stacked=True, links=(TO_FAILURES,),
    ),
))  # fmt: skip

FAST = Row("Is it fast?", (
    Panel(
        "First token, p95", "scorecard/first_token_p95", "stat",
        "95th percentile of the time to the first token, of streamed answers.",
        "Above two seconds people notice; above five they leave.",
        "Open Latency: one model, one cohort, or everything?",
        unit="ms", width=4, steps=(Step(2_000, "orange"), Step(5_000, "red")), links=(TO_LATENCY,),
    ),
    Panel(
        "Model call, p95", "scorecard/generation_p95", "stat",
        "95th percentile of the duration of model calls.",
        "Twice what it was last week at this hour.",
        "Open Latency, compare models and prompt versions: longer answers look like slower models.",
        unit="ms", width=4, steps=(Step(10_000, "orange"), Step(30_000, "red")), links=(TO_LATENCY,),
    ),
    Panel(
        "Services", "scorecard/services", "table",
        "Each service on one line.",
        "A red share of failures, or one service that costs far more than its spans explain. Unpriced calls make a cost a lower bound.",
        "Click the service.",
        width=16, units=(("failed", "percentunit"), ("cost", "currencyUSD")),
        steps=(Step(0.01, "orange"), Step(0.05, "red")), coloured=("failed",), links=(SERVICE_LATENCY, SERVICE_TRACES),
    ),
))  # fmt: skip

COSTS = Row("What does it cost?", (
    Panel(
        "Cost", "scorecard/cost", "stat",
        "Cost of all model calls in the range, and calls whose price is unknown: they are not in it.",
        "More than yesterday at the same traffic; any unpriced call.",
        "Open Cost: which model, which prompt version. Unpriced: add a price under `prices` in the configuration.",
        width=8, units=(("cost", "currencyUSD"),), links=(TO_COST,),
    ),
    Panel(
        "Cost of a request", "scorecard/cost_a_request", "stat",
        "Mean cost of a request (trace).",
        "A step up without a step in quality: a longer prompt, a lost cache, a dearer model.",
        "Open Cost, tokens and cached share by prompt version.",
        unit="currencyUSD", width=4, links=(TO_COST,),
    ),
    Panel(
        "Cost an hour by model", "cost/by_model", "timeseries",
        "US dollars an hour, by model.",
        "A model that nobody rolled out, or one that grows alone.",
        "Open Cost and look at prompt versions of that model.",
        unit="currencyUSD", width=12, legend="model", stacked=True,
    ),
))  # fmt: skip

DASHBOARD = Dashboard(
    SCORECARD,
    "Assay / Scorecard",
    "Does it work, is it right, is it fast, what does it cost.",
    AGGREGATED,
    (WORKS, RIGHT, FAST, COSTS),
)
