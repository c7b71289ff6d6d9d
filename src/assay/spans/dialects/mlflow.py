"""MLflow: every `mlflow.*` attribute is JSON once more, so strings carry quotes."""

from typing import Any

from assay.spans.dialects import convert as c
from assay.spans.dialects.context import Context
from assay.spans.dialects.messages import parse
from assay.spans.dialects.observers import CALLING, extend, inputs_and_outputs, request
from assay.spans.dialects.payloads import usage
from assay.spans.dialects.table import Dialect, Rule
from assay.spans.dialects.words import AGENT_OPERATIONS, MODEL_OPERATIONS


def _provider(value: Any, context: Context) -> str | None:
    return c.provider(parse(value), context)


def _asked_model(value: Any, context: Context) -> dict[str, Any] | None:
    """The model in the request; `mlflow.llm.model` may hold the one that answered."""
    found = request(value, context)
    return {"request_model": found.get("request_model")} if found else None


def _operation(value: Any, context: Context) -> str | None:
    return c.operation(parse(value), context)


def _parameters(_: Any, context: Context) -> str | None:
    """Raw request parameters that MLflow leaves at the top level."""
    return c.parameters({k: parse(v) for k, v in context.attributes.items() if k in c.PARAMETERS}, context)


MLFLOW = Dialect(
    name="mlflow",
    scopes=("mlflow.",),
    marks=("mlflow.spanType", "mlflow.spanInputs", "mlflow.traceRequestId"),
    groups=extend(
        inputs_and_outputs("mlflow.spanType", ("mlflow.spanInputs",), ("mlflow.spanOutputs",)),
        {
            "operation": (
                Rule("operation", ("mlflow.spanType",), _operation),
                Rule("operation", ("gen_ai.operation.name",), c.operation),
            ),
            "call": (
                Rule("provider", ("mlflow.llm.provider",), _provider),
                Rule("*", ("mlflow.spanInputs",), _asked_model, CALLING),
                Rule("request_model", ("model", "mlflow.llm.model"), c.quoted, CALLING),
                Rule("streaming", ("stream",), c.flag),
            ),
            "parameters": (
                Rule("request_parameters", ("mlflow.spanType", "gen_ai.operation.name"), _parameters, MODEL_OPERATIONS),
            ),
            "usage": (
                Rule("*", ("mlflow.chat.tokenUsage",), usage, CALLING),
                Rule("*", ("mlflow.chat.tokenUsage",), usage, AGENT_OPERATIONS),
            ),
            "cost": (
                Rule(
                    "cost_usd",
                    ("mlflow.llm.cost",),
                    lambda v, x: c.cost((parse(v) or {}).get("total_cost"), x) if isinstance(parse(v), dict) else None,
                ),
            ),
            "definitions": (Rule("*", ("mlflow.chat.tools", "tools"), c.definitions),),
            "tool": (Rule("tool_call_id", ("tool_call_id",), c.quoted),),
            "system": (Rule("system_prompt", ("instructions",), c.system, MODEL_OPERATIONS),),
            "latency": (Rule("time_to_first_token_ns", ("@first_token_ns",), c.nanoseconds),),
        },
    ),
)
