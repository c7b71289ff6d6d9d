"""What it costs, for whom, and what made it dearer."""

from assay.dashboards.boards.links import COST, MODEL_COST, OPEN_TRACE
from assay.dashboards.panel import Dashboard, Panel, Row, Step
from assay.dashboards.variables import AGGREGATED

SPENT = Row("Spent", (
    Panel(
        "Cost an hour by model", "cost/by_model", "timeseries",
        "US dollars an hour, by model. Every model call counts once.",
        "A colour that appears or grows alone.",
        "Look at its prompt versions below: calls, tokens a call, or price?",
        unit="currencyUSD", legend="model", stacked=True,
    ),
    Panel(
        "Cost of a request", "cost/a_request", "timeseries",
        "Mean cost of a request, and of a request whose outcome was a success.",
        "The two part: failing requests are paid for as well. A step: a new prompt or model.",
        "Dearest traces below, then Tools and agents for loops.",
        unit="currencyUSD",
    ),
))  # fmt: skip

SPLIT = Row("By what", (
    Panel(
        "By stage", "cost/by_stage", "bars",
        "Cost by stage of the pipeline.",
        "Embedding or guardrails cost as much as the answers.",
        "Smaller models for small stages; cache embeddings.",
        unit="currencyUSD", width=6,
    ),
    Panel(
        "By cohort", "cost/by_cohort", "table",
        "Who costs what: choose tenant, segment or release as cohort above.",
        "One value with a share far above its share of calls.",
        "Narrow the page to that value and compare tokens a call.",
        width=18, units=(("cost", "currencyUSD"), ("share", "percentunit")),
    ),
    Panel(
        "By prompt version", "cost/by_prompt", "table",
        "Calls, tokens a call, share of input from the provider's cache, and cost, by model and prompt version.",
        "A new version with more input tokens a call or a cached share that fell to zero: its prefix changes with every call.",
        "Put what changes at the end of the prompt; compare the versions' answers before you pay for both.",
        width=24, units=(("cached_share", "percentunit"), ("cost", "currencyUSD"), ("cost_a_call", "currencyUSD")), links=(MODEL_COST,),
    ),
))  # fmt: skip

DETAIL = Row("Tokens and single traces", (
    Panel(
        "Tokens a minute", "cost/tokens", "timeseries",
        "Input paid in full, input from the cache, output, and reasoning apart from output.",
        "Cached input turns into input; reasoning grows while output does not.",
        "Cache: what changed at the start of the prompt? Reasoning: effort settings of the model.",
        stacked=True,
    ),
    Panel(
        "Unpriced calls", "cost/unpriced", "table",
        "Models, with calls whose price is unknown. Those calls are missing from every cost on this page.",
        "Anything above zero: every cost is a lower bound.",
        "Add the model under `prices` in the configuration; new spans are priced at once.",
        steps=(Step(1, "red"),), coloured=("unpriced_calls",),
    ),
    Panel(
        "Dearest traces", "cost/dearest", "table",
        "The fifty traces that cost most.",
        "Many model calls in one trace: an agent in a loop. Few calls with very many tokens: a prompt that grows.",
        "Click a trace id.",
        width=24, units=(("started", "dateTimeAsIso"), ("cost", "currencyUSD")), links=(OPEN_TRACE,),
    ),
))  # fmt: skip

DASHBOARD = Dashboard(
    COST,
    "Assay / Cost",
    "Cost by model, stage, cohort and prompt version, and of a successful request.",
    AGGREGATED,
    (SPENT, SPLIT, DETAIL),
)
