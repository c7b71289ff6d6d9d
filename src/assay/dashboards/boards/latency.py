"""Where the time goes, and who waits longest."""

from assay.dashboards.boards.links import LATENCY, MODEL_COST, OPEN_TRACE, STAGE_LATENCY
from assay.dashboards.panel import Dashboard, Panel, Row, Step
from assay.dashboards.variables import AGGREGATED, STAGE

OVERVIEW = Row("How slow", (
    Panel(
        "Duration", "latency/percentiles", "timeseries",
        "Median, p95 and p99 of the duration of spans of the chosen stages. Choose one stage: over all stages it mixes a search with an answer.",
        "p95 and p50 rise together: everything is slower. Only p99 rises: a tail, see below.",
        "Together: provider, region, or longer answers. Tail: the table Who is in the tail.",
        unit="ms",
    ),
    Panel(
        "Time to first token", "latency/first_token", "timeseries",
        "Median, p95 and p99 of the time to the first token of streamed answers.",
        "It rises while Duration stands still: queueing at the provider, a longer prompt, a lost prompt cache.",
        "Look at the cached share in Cost; then at rate limits in Scorecard.",
        unit="ms", steps=(Step(2_000, "orange"), Step(5_000, "red")),
    ),
))  # fmt: skip

STAGES = Row("Which stage", (
    Panel(
        "p95 by stage", "latency/stages_over_time", "timeseries",
        "95th percentile of the duration of each stage.",
        "One line that leaves the others.",
        "Click that stage in the table, then look at the slowest spans.",
        unit="ms", legend="stage",
    ),
    Panel(
        "Stages", "latency/stages", "table",
        "Percentiles of each stage, and p99 : p95, how heavy its tail is.",
        "p99 : p95 above 3: most requests are fine and a few wait very long.",
        "Click a stage to see only it.",
        units=(("failed", "percentunit"),), steps=(Step(2, "orange"), Step(3, "red")), coloured=("p99_to_p95",), links=(STAGE_LATENCY,),
    ),
))  # fmt: skip

TAIL = Row("Tail of model calls", (
    Panel(
        "p99 : p95 by model", "latency/tail_ratio", "timeseries",
        "How heavy the tail is. It does not move when everything gets slower, only when a few do. Groups below 20 calls are left out.",
        "A step up that stays.",
        "Retries, a slow shard or region, a few very long answers: the slowest spans tell.",
        unit="none", legend="model", steps=(Step(3, "red"),),
    ),
    Panel(
        "Who is in the tail", "latency/tail", "table",
        "The slowest hundredth of model calls by model, prompt version and cohort value. `times expected` is share of the tail over share of the calls.",
        "A line with few calls and many times expected: the tail is theirs alone. Choose a cohort above to split by tenant or release.",
        "Compare what that group has of its own: model, prompt version, region, length of answers.",
        units=(("share_of_calls", "percentunit"), ("share_of_tail", "percentunit")),
        steps=(Step(3, "orange"), Step(10, "red")), coloured=("times_expected",), links=(MODEL_COST,),
    ),
    Panel(
        "Slowest spans", "latency/slowest", "table",
        "The fifty slowest spans of the chosen stages.",
        "One name, one model, or one error type all the way down.",
        "Click a trace id to see what the rest of the request did meanwhile.",
        width=24, units=(("start_time", "dateTimeAsIso"),), links=(OPEN_TRACE,),
    ),
))  # fmt: skip

DASHBOARD = Dashboard(
    LATENCY,
    "Assay / Latency",
    "Percentiles, time to first token, stages, and the anatomy of the tail.",
    (*AGGREGATED, STAGE),
    (OVERVIEW, STAGES, TAIL),
)
