"""What judges say: scores of all traffic with intervals, how far people agree, what stayed unscored, what it costs."""

from assay.dashboards.boards.links import OPEN_TRACE, QUALITY, SERVICE_TRACES
from assay.dashboards.panel import Dashboard, Panel, Row, Step
from assay.dashboards.variables import AGGREGATED

SAID = Row("How good are the answers?", (
    Panel(
        "Mean score", "quality/scores", "timeseries",
        "Mean score of all traffic by judge, 0 to 1: sampled traces stand for those that were not, so that looking more at what is odd does not show.",
        "A judge that falls while others stay: the failures of that dimension. All fall at once: the judge's model, or the traffic, changed.",
        "Narrow by prompt version and model; then open the lowest scores.",
        unit="percentunit", width=24, legend="judge",
    ),
    Panel(
        "Judges", "quality/judges", "table",
        "Each judge version with its mean, the 95 % interval of it, how many verdicts that is worth, unscored traces and cost. "
        "Whether a judge agrees with people, the gates below say; one without a gate is uncalibrated.",
        "Intervals that overlap: there is no difference to explain yet. Few effective verdicts: the interval says so too.",
        "Wait for more verdicts, or raise the budget; compare versions over the same range only.",
        width=24, units=(("mean_score", "percentunit"), ("margin", "percentunit"), ("low", "percentunit"), ("high", "percentunit"), ("cost_usd", "currencyUSD")),
    ),
))  # fmt: skip

_BY_WORKSPACE = tuple(one.name for one in AGGREGATED if one.name != "workspace")

AGREED = Row("Can the judges be believed?", (
    Panel(
        "Gates", "quality/gates", "table",
        "How far each judge version agrees with people, by source of labels. `low` is the lower end of the 95 % interval: the gate is open, and the judge may drive "
        "alerts, while it passes `asked`. `people` is how far two people agree. Rows `check:` are checks that read meaning. A judge without a row is uncalibrated.",
        "`suspended`: another model, or less agreement than the version before on the same traces. `closed` with a high agreement: too few labels.",
        "Closed: `assay label`, about so many as `labels_needed`. Suspended: the scorer asks it about the probe set; label more if that does not prove it.",
        unit="none", width=24, steps=(Step(0.0, "red"), Step(1.0, "green")), coloured=("may_alert",), ignores=_BY_WORKSPACE,
    ),
    Panel(
        "Agreement with people", "quality/calibration", "timeseries",
        "The lower end of agreement (MCC, or rank correlation where people grade) by judge version and source of labels, whenever labels or verdicts changed it.",
        "A fall: the judge, its model or the traffic changed. A rise with more labels is the interval getting narrower.",
        "Compare with the release of the judge's model; open the disagreements.",
        unit="none", legend="judge", ignores=_BY_WORKSPACE,
    ),
    Panel(
        "Disagreements", "quality/disagreements", "table",
        "Traces that a judge calls bad and people good, or the other way round, the furthest apart first.",
        "The same kind of question all the way down: a rule that the rubric lacks.",
        "Open the trace, read the judge's explanation, mend the rubric and raise its version.",
        links=(OPEN_TRACE,), ignores=_BY_WORKSPACE,
    ),
))  # fmt: skip

PEOPLE = Row("What do people say?", (
    Panel(
        "Unhappy ratings", "quality/unhappy", "timeseries",
        "Share of thumbs, stars and scores by people that are below the middle. Only who cares rates: compare it with itself over time, not with the judges' scores.",
        "A step: a release, or a new kind of question.",
        "Read the words below; the traces are seen by the judges more often from then on.",
        unit="percentunit", legend="rated_by", ignores=_BY_WORKSPACE,
    ),
    Panel(
        "Latest words", "quality/said", "table",
        "What people said last: ratings from 0 to 1, comments, corrections, and how tasks ended.",
        "The same complaint from several authors.",
        "Click a trace id; `assay export` makes a regression set of corrected traces.",
        width=24, height=10, units=(("time", "dateTimeAsIso"), ("value", "percentunit")), steps=(Step(0.0, "red"), Step(0.5, "green")), coloured=("value",),
        links=(OPEN_TRACE,), ignores=_BY_WORKSPACE,
    ),
))  # fmt: skip

HOW = Row("What stands behind it", (
    Panel(
        "Unscored, by reason", "quality/unscored", "bars",
        "Traces that a judge saw and gave no score: the question did not apply, the policy keeps texts back, the budget was spent, the endpoint refused or was away.",
        "`budget` or `unavailable` growing: scores rest on less and less.",
        "Budget: `judges.hourly_usd`. Unavailable: the endpoint's status. Policy: `workspaces.NAME.judges_get`.",
        unit="none",
    ),
    Panel(
        "Cost of judging", "quality/spend", "timeseries",
        "Dollars an hour by judge. Offline judges cost nothing.",
        "A step without more traffic: longer contexts, or a dearer model behind the same name.",
        "Compare with the budget in `judges.hourly_usd`; it holds whatever happens.",
        unit="currencyUSD", legend="judge",
    ),
    Panel(
        "Lowest scores", "quality/lowest", "table",
        "The worst verdicts with the judge's explanation, and the stratum for which the trace was drawn.",
        "The same explanation all the way down: one cause.",
        "Click a trace id and judge for yourself; where you disagree, label it.",
        width=24, height=10, units=(("time", "dateTimeAsIso"), ("score", "percentunit")),
        steps=(Step(0.0, "red"), Step(0.5, "green")), coloured=("score",), links=(OPEN_TRACE, SERVICE_TRACES),
    ),
))  # fmt: skip

DASHBOARD = Dashboard(
    QUALITY,
    "Assay / Quality",
    "Scores of judges with intervals, agreement with people, feedback, unscored traces, cost, and the worst answers.",
    AGGREGATED,
    (SAID, PEOPLE, AGREED, HOW),
)
