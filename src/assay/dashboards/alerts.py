"""The first alert rules: each is a statement or an expression, a threshold, and what the person who wakes up does first.

Rules over traffic compare with the same hours of the weeks before, so that Monday morning is not an incident. Rules over Assay itself
are absolute. A statement returns one number a line, `value`, and words that name the line; nobody chooses variables for an alert.
"""

from dataclasses import dataclass
from typing import Literal

from assay.dashboards.boards.links import AGENTS, COST, FAILURES, LATENCY, OURSELVES, QUALITY, SCORECARD, TRACES

Group = Literal["Assay: traffic", "Assay: itself"]


@dataclass(frozen=True, slots=True)
class Prometheus:
    """An expression over Assay's own metrics."""

    expression: str


@dataclass(frozen=True, slots=True)
class Alert:
    """Fires when a value of `source` is above (or below) `threshold` for `minutes`."""

    uid: str
    title: str
    group: Group
    source: str | Prometheus
    """Path of a statement in `sql/` without its ending, or PromQL."""
    threshold: float
    summary: str
    act: str
    dashboard: str
    panel: str
    """Title of the panel of `dashboard` that shows it."""
    severity: Literal["warning", "critical"] = "warning"
    below: bool = False
    minutes: int = 5
    silence_is_bad: bool = False
    """No data is itself a reason to fire."""


_SERVICE = "{{ $labels.service }} ({{ $labels.workspace }})"

ALERTS: tuple[Alert, ...] = (
    Alert(
        "assay-error-rate", "Errors above what is usual", "Assay: traffic", "alerts/error_rate", 3,
        f"{_SERVICE}: spans fail {{{{ printf \"%.1f\" $values.A.Value }}}} times as often as in these hours of other weeks, and at least 2 % of them.",
        "Open the scorecard, look at the type of error, then at traces of the last hour.",
        SCORECARD, "Errors by type", severity="critical",
    ),
    Alert(
        "assay-timeout-rate", "Time-outs above what is usual", "Assay: traffic", "alerts/timeout_rate", 3,
        f"{_SERVICE}: spans time out {{{{ printf \"%.1f\" $values.A.Value }}}} times as often as in these hours of other weeks, and at least 1 % of them.",
        "Which stage is slow? Tools that time out are in Tools and agents.",
        AGENTS, "Each tool", severity="critical",
    ),
    Alert(
        "assay-failures", "More failures of a class than usual", "Assay: traffic", "alerts/failures", 3,
        "{{ $labels.class }} in " + _SERVICE + ": {{ printf \"%.1f\" $values.A.Value }} times the usual share of requests, and at least 2 % of them.",
        "Open Failures: which label, since when, for whom, with which version.",
        FAILURES, "Failures by class", severity="critical",
    ),
    Alert(
        "assay-bad-scores", "Worse answers than usual", "Assay: traffic", "alerts/bad_scores", 3,
        "{{ $labels.dimension }} of " + _SERVICE + ": {{ $labels.judge }} calls {{ printf \"%.1f\" $values.A.Value }} times the usual share of answers bad, and at least 5 % of them.",
        "Open the lowest scores: since when, which prompt version, which route. Only judges that agree with people wake anybody.",
        QUALITY, "Lowest scores", minutes=15,
    ),
    Alert(
        "assay-first-token", "First token later than usual", "Assay: traffic", "alerts/first_token_p95", 1.5,
        "{{ $labels.model }} of " + _SERVICE + ": p95 of the time to the first token is {{ printf \"%.1f\" $values.A.Value }} times the usual of these hours.",
        "Prompt cache lost, longer prompts, or the provider queues: compare with the cached share in Cost.",
        LATENCY, "Time to first token", minutes=10,
    ),
    Alert(
        "assay-duration", "Model calls slower than usual", "Assay: traffic", "alerts/duration_p95", 2,
        "{{ $labels.model }} of " + _SERVICE + ": p95 of model calls is {{ printf \"%.1f\" $values.A.Value }} times the usual of these hours.",
        "Longer answers look like slower models: compare tokens a call by prompt version, then the tail.",
        LATENCY, "Duration", minutes=10,
    ),
    Alert(
        "assay-cost-a-request", "A request costs more than usual", "Assay: traffic", "alerts/cost_a_request", 1.5,
        f"{_SERVICE}: a request costs {{{{ printf \"%.1f\" $values.A.Value }}}} times the usual of these hours.",
        "Dearest traces: a loop, a longer prompt, a dearer model, or a lost cache.",
        COST, "Cost of a request", minutes=15,
    ),
    Alert(
        "assay-traffic", "Less traffic than usual", "Assay: traffic", "alerts/traffic", 0.2,
        f"{_SERVICE} sends {{{{ printf \"%.2f\" $values.A.Value }}}} of its usual spans.",
        "Is the service down, its exporter, its Collector, or does Assay refuse it? Open Assay itself.",
        OURSELVES, "Spans a minute by service", below=True, minutes=10,
    ),
    Alert(
        "assay-lag", "Settling or rollups are behind", "Assay: itself", "alerts/lag", 600,
        "Settling or rollups are {{ printf \"%.0f\" $values.A.Value }} s behind: numbers of the last minutes are still moving.",
        "Is `assay settle` or `assay serve` running, and has the store cores to spare?",
        OURSELVES, "Behind", minutes=10,
    ),
    Alert(
        "assay-unscored", "Judges leave traces unscored", "Assay: itself",
        Prometheus('sum by (judge, reason) (rate(assay_judge_unscored_total{reason!~"abstained|not_applicable|policy"}[15m]))'), 0,
        "{{ $labels.judge }} leaves traces unscored ({{ $labels.reason }}): scores rest on less than was drawn.",
        "unavailable: the endpoint's status and key. schema, invented_evidence: the judge's model. Then open Quality.",
        QUALITY, "Unscored, by reason", minutes=30,
    ),
    Alert(
        "assay-judge-lag", "Judges are behind", "Assay: itself",
        Prometheus("max by (judge) (assay_judge_lag_seconds)"), 3_600,
        "{{ $labels.judge }} is {{ printf \"%.0f\" $values.A.Value }} s behind settling: the newest scores are missing.",
        "Is `assay score` running, has it cores, does the endpoint answer? Budgets lower the share that is drawn, they do not queue.",
        QUALITY, "Mean score", minutes=30,
    ),
    Alert(
        "assay-gates", "A judge no longer agrees with people", "Assay: itself",
        Prometheus("max by (workspace, judge, dimension) (max_over_time(assay_gate_open[1h]) - assay_gate_open)"), 0,
        "{{ $labels.judge }} ({{ $labels.dimension }}, {{ $labels.workspace }}) may drive alerts no longer: its gate was open within the hour.",
        "The reason stands in the panel. Suspended: the scorer asks it about the probe set again. Closed: look at its disagreements, label more, or mend its rubric.",
        QUALITY, "Gates", minutes=0,
    ),
    Alert(
        "assay-refused", "Requests are refused for good", "Assay: itself",
        Prometheus("sum by (reason) (rate(assay_refused_requests_total[5m]))"), 0,
        "Assay refuses requests ({{ $labels.reason }}): the sender drops that data.",
        "TooLarge: smaller batches in the Collector. Unauthenticated: whose token changed. BadPayload: the sender's version.",
        OURSELVES, "Not taken",
    ),
    Alert(
        "assay-rejected", "Records are rejected", "Assay: itself",
        Prometheus("sum by (signal) (rate(assay_rejected_records_total[5m]))"), 0,
        "Some {{ $labels.signal }} are unusable and were rejected; their neighbours are stored.",
        "The sender's log has the message of the partial success.",
        OURSELVES, "Not taken", minutes=10,
    ),
    Alert(
        "assay-retry-later", "Senders are told to retry", "Assay: itself",
        Prometheus("sum by (reason) (rate(assay_retry_later_answers_total[5m]))"), 0,
        "Senders are told to retry ({{ $labels.reason }}). Nothing is lost until their queues are full.",
        "QueueFull and StoreUnavailable: the store. RateLimited: that workspace's limit.",
        OURSELVES, "Not taken", severity="critical", minutes=10,
    ),
    Alert(
        "assay-commit", "Commits are slow", "Assay: itself",
        Prometheus("histogram_quantile(0.99, sum by (le) (rate(assay_commit_seconds_bucket[5m])))"), 4,
        "The 99th percentile of a commit is {{ printf \"%.1f\" $values.A.Value }} s: senders with a five-second time-out send twice.",
        "Parts, disk, cores, in this order.",
        OURSELVES, "Commit", minutes=10,
    ),
    Alert(
        "assay-parts", "Merges do not keep up", "Assay: itself",
        Prometheus("max by (instance) (assay_store_parts)"), 200,
        "{{ $labels.instance }}: the fullest partition has {{ printf \"%.0f\" $values.A.Value }} parts; past `max_parts` senders are told to retry.",
        "Larger batches at the Collector, or give the store cores.",
        OURSELVES, "Parts", minutes=10,
    ),
    Alert(
        "assay-unknown-dialect", "Spans of an unknown dialect", "Assay: itself",
        Prometheus("sum(rate(assay_unknown_dialect_spans_total[15m]))"), 0.1,
        "{{ printf \"%.1f\" $values.A.Value }} spans a second look like GenAI and no dialect knows them: they are kept raw and not labelled.",
        "Upgrade Assay, then `assay remap`; the scope is in the table Dialects.",
        OURSELVES, "Dialects", minutes=30,
    ),
    Alert(
        "assay-check-errors", "A check raises", "Assay: itself",
        Prometheus("sum by (check) (rate(assay_check_errors_total[15m]))"), 0,
        "{{ $labels.check }} raises: spans go without its label.",
        "Disable it under `checks` in the configuration and report it.",
        OURSELVES, "Checks", minutes=15,
    ),
    Alert(
        "assay-down", "Assay does not answer", "Assay: itself", Prometheus("count(assay_build_info)"), 1,
        "No Assay answers the scrape.",
        "Is the process there? Senders keep their data as long as their queues last.",
        OURSELVES, "Stored", severity="critical", below=True, silence_is_bad=True,
    ),
)  # fmt: skip

TRACES_URL = (
    f"/d/{TRACES}?var-service={{{{ $labels.service }}}}&var-workspace={{{{ $labels.workspace }}}}&from=now-1h&to=now"
)
"""From an alert over a service to its traces."""
