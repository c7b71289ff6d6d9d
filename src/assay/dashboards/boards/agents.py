"""Whether tools work and agents arrive."""

from assay.dashboards.boards.links import AGENTS, OPEN_TRACE, SERVICE_TRACES
from assay.dashboards.panel import Dashboard, Panel, Row, Step
from assay.dashboards.variables import DETAILED

TOOLS = Row("Tools", (
    Panel(
        "Failed tool calls", "agents/failed", "timeseries",
        "Share of executions that failed, by tool.",
        "One tool that fails while the others work.",
        "Its commonest error is in the table; `timeout` means the tool, a class of argument errors means the model.",
        unit="percentunit", legend="tool", steps=(Step(0.05, "orange"), Step(0.2, "red")),
    ),
    Panel(
        "Tool calls a minute", "agents/calls", "timeseries",
        "Executions by tool.",
        "A tool that is suddenly called more, or no more at all.",
        "More: loops, see below. None: its name or description changed, or it is no longer offered.",
        legend="tool",
    ),
    Panel(
        "Each tool", "agents/tools", "table",
        "Executions, failures, time-outs, commonest error and latency of each tool.",
        "Failures above 5 %; a p95 near the tool's own time-out.",
        "Click the service to see its traces.",
        width=14, units=(("failed", "percentunit"), ("timed_out", "percentunit")),
        steps=(Step(0.05, "orange"), Step(0.2, "red")), coloured=("failed", "timed_out"), links=(SERVICE_TRACES,),
    ),
    Panel(
        "Asked for by models", "agents/asked", "table",
        "Tools that models asked for, and how often they had not been offered.",
        "Anything in `not offered`: the model invents tools.",
        "Check the names in the prompt against the definitions that are sent.",
        width=10, steps=(Step(1, "red"),), coloured=("not_offered",),
    ),
))  # fmt: skip

STEPS = Row("Agents", (
    Panel(
        "Steps of a request", "agents/steps", "timeseries",
        "Model calls and tool executions of requests that used a tool: median and 95th percentile.",
        "The 95th percentile climbs while the median stands: some requests go round in circles.",
        "Longest requests below; look for the same call with the same arguments.",
        unit="none",
    ),
    Panel(
        "Each agent", "agents/agents", "table",
        "Invocations, failures and latency of each agent.",
        "An agent that fails more than its tools explain.",
        "Click the service, then look at the last steps of a failed trace.",
        units=(("failed", "percentunit"),), steps=(Step(0.05, "orange"), Step(0.2, "red")), coloured=("failed",), links=(SERVICE_TRACES,),
    ),
    Panel(
        "Longest requests", "agents/longest", "table",
        "The requests with most steps. `same call repeated` counts executions of a tool with arguments that it had before.",
        "Repeated calls: the agent does not read the result, or the result does not say what to do next.",
        "Click a trace id; bound the number of steps.",
        width=24, units=(("started", "dateTimeAsIso"), ("cost", "currencyUSD")),
        steps=(Step(1, "orange"), Step(3, "red")), coloured=("same_call_repeated",), links=(OPEN_TRACE,),
    ),
))  # fmt: skip

DASHBOARD = Dashboard(
    AGENTS,
    "Assay / Tools and agents",
    "Whether tools work and agents arrive.",
    DETAILED,
    (TOOLS, STEPS),
)
