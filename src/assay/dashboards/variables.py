"""The template variables, each once. What a variable narrows is written in `sql/where/`."""

from assay.dashboards.panel import Variable

WORKSPACE = Variable("workspace", "Workspace", "variables/workspace", multi=False, default="default")
SERVICE = Variable("service", "Service", "variables/service")
ENVIRONMENT = Variable("environment", "Environment", "variables/environment")
TENANT = Variable("tenant", "Tenant", "variables/tenant")
ROUTE = Variable("route", "Route", "variables/route", help="Keeps whole traces that have a span with this route.")
MODEL = Variable("model", "Model", "variables/model")
PROMPT_VERSION = Variable("prompt_version", "Prompt version", "variables/prompt_version")
COHORT_KEY = Variable(
    "cohort_key", "Cohort", "variables/cohort_key", multi=False, default="everything",
    help="Label by which users are told apart (tenant, locale, segment, release, a flag); `everything` is all traffic.",
)  # fmt: skip
COHORT_VALUE = Variable("cohort_value", "Cohort value", "variables/cohort_value")
LABEL = Variable("label", "Label", "variables/label")
STAGE = Variable("stage", "Stage", "variables/stage")
TRACE = Variable("trace", "Trace id", multi=False, help="32 hexadecimal digits; a click on a row fills it in.")
WORDS = Variable("words", "Text", multi=False, help="Part of a span name, a user, a conversation or a request id.")

AGGREGATED = (WORKSPACE, SERVICE, MODEL, PROMPT_VERSION, COHORT_KEY, COHORT_VALUE)
"""What aggregates can be narrowed by: `sql/where/rollup.sql`, and `sql/where/calls.sql` for spans beside them."""

DETAILED = (WORKSPACE, SERVICE, ENVIRONMENT, TENANT, ROUTE)
"""What spans can be narrowed by: `sql/where/spans.sql`."""
