"""Whether Assay itself keeps up: from its own store, and from its metrics where a Prometheus scrapes them."""

from assay.dashboards.boards.links import OURSELVES
from assay.dashboards.panel import Dashboard, Panel, Prom, Row, Step
from assay.dashboards.variables import WORKSPACE

STORE = Row("From the store", (
    Panel(
        "Behind", "assay/lag", "stat",
        "Seconds since the newest span was stored, and how far settling and rollups are behind. Of all workspaces.",
        "Settling above a minute or rollups above five: numbers of the last minutes are still moving. Newest span: nothing arrives.",
        "Is `assay settle` or `assay serve` running? Is the store short of cores? It catches up from where it stood.",
        unit="s", width=8, steps=(Step(120, "orange"), Step(600, "red")), ignores=("workspace",),
    ),
    Panel(
        "Spans a minute by service", "assay/arrivals", "timeseries",
        "Spans by service, by the time of the span.",
        "A service that stops while others go on.",
        "Its exporter, or its Collector's queue. Metrics below say whether Assay refused it.",
        width=16, legend="service", stacked=True,
    ),
    Panel(
        "Dialects", "assay/dialects", "table",
        "Spans by dialect and instrumentation scope; lateness is from the span's end to its commit.",
        "`unknown` with a scope that is a GenAI library; lateness above a minute.",
        "Unknown: upgrade, then `assay remap`. Late: the sender's batch settings.",
        width=10, units=(("late_seconds_p95", "s"),),
    ),
    Panel(
        "What diagnosis lacks", "assay/coverage", "table",
        "Share of spans of the last hour of the range that carry what finding a cause needs, by service and stage.",
        "Low shares: that service cannot be diagnosed, only counted.",
        "`assay doctor` prints the lines of instrumentation that are missing.",
        width=14, units=tuple((column, "percentunit") for column in ("model", "tokens", "cost", "content", "prompt_version", "document_ids", "tool_arguments")),
    ),
    Panel(
        "On disk", "assay/storage", "table",
        "Rows, bytes and parts by table. Of all workspaces.",
        "Hundreds of parts in one partition: merges do not keep up, senders will be told to retry.",
        "Larger batches at the Collector, faster disk, more cores.",
        width=24, height=7, units=(("bytes_on_disk", "bytes"),), steps=(Step(100, "orange"), Step(300, "red")),
        coloured=("fullest_partition_parts",), ignores=("workspace",),
    ),
))  # fmt: skip

METRICS = Row("From the metrics (Prometheus)", (
    Panel(
        "Stored", (Prom("sum by (signal) (rate(assay_stored_records_total[$__rate_interval]))", "{{signal}}"),), "timeseries",
        "Spans and log records that were committed and acknowledged, a second.",
        "It falls while senders send.",
        "Retry-later answers beside it say why.",
        unit="cps", width=8, ignores=("workspace",),
    ),
    Panel(
        "Not taken", (
            Prom("sum by (reason) (rate(assay_refused_requests_total[$__rate_interval]))", "refused: {{reason}}"),
            Prom("sum by (reason) (rate(assay_retry_later_answers_total[$__rate_interval]))", "retry later: {{reason}}"),
            Prom("sum(rate(assay_unauthenticated_requests_total[$__rate_interval]))", "no token"),
            Prom("sum(rate(assay_rejected_records_total[$__rate_interval]))", "rejected records"),
        ), "timeseries",
        "Requests that were refused for good, that were told to retry, that had no token, and records that were rejected.",
        "Refused and rejected are losses at the sender. Retry later is none as long as it ends.",
        "Refused: the reason says whose fault it is. Retry later: queue, parts or memory below.",
        unit="reqps", width=8, ignores=("workspace",),
    ),
    Panel(
        "Commit", (
            Prom("histogram_quantile(0.95, sum by (le) (rate(assay_commit_seconds_bucket[$__rate_interval])))", "commit p95"),
            Prom("histogram_quantile(0.95, sum by (le) (rate(assay_decode_seconds_bucket[$__rate_interval])))", "decode p95"),
        ), "timeseries",
        "95th percentile of committing a group and of decoding a request.",
        "Commit near a second: senders with a five-second time-out begin to send again.",
        "Parts, disk, then cores.",
        unit="s", width=8, steps=(Step(1, "orange"), Step(4, "red")), ignores=("workspace",),
    ),
    Panel(
        "Waiting", (
            Prom("sum by (instance) (assay_queue_bytes)", "{{instance}} queue"),
            Prom("sum by (instance) (assay_resident_bytes)", "{{instance}} memory"),
        ), "timeseries",
        "Bytes that wait for the store, and resident memory.",
        "A queue that climbs and stays.",
        "The store is slower than the senders: cores, or fewer senders.",
        unit="bytes", width=8, ignores=("workspace",),
    ),
    Panel(
        "Parts", (
            Prom("max by (instance) (assay_store_parts)", "{{instance}} fullest partition"),
            Prom("max by (instance) (assay_merge_lag_parts)", "{{instance}} to merge"),
        ), "timeseries",
        "Active parts of the fullest partition, and parts that merges have still to save.",
        "Towards `max_parts`: senders are told to retry.",
        "Larger batches at the Collector; merges catch up when load drops.",
        width=8, steps=(Step(100, "orange"), Step(300, "red")), ignores=("workspace",),
    ),
    Panel(
        "Settling behind", (
            Prom("max by (instance) (assay_settle_lag_seconds)", "{{instance}}"),
            Prom("histogram_quantile(0.95, sum by (le) (rate(assay_rollup_seconds_bucket[$__rate_interval])))", "round of rollups, p95"),
        ), "timeseries",
        "How far settling is behind, and how long a round of rollups takes.",
        "A lag that grows for ten minutes.",
        "One settler is enough for thousands of spans a second: look at the store first.",
        unit="s", width=8, steps=(Step(60, "orange"), Step(300, "red")), ignores=("workspace",),
    ),
    Panel(
        "Checks", (
            Prom("sum by (check) (rate(assay_check_errors_total[$__rate_interval]))", "raised: {{check}}"),
            Prom("histogram_quantile(0.95, sum by (le) (rate(assay_check_seconds_bucket[$__rate_interval])))", "checking a request, p95 s"),
        ), "timeseries",
        "Checks that raised, a second, and the 95th percentile of checking one request. A check that raises costs that span its label, never the data.",
        "One check that raises all the time; checking as long as committing.",
        "Disable that check under `checks` in the configuration and report it with one of its traces.",
        unit="short", width=24, height=7, ignores=("workspace",),
    ),
))  # fmt: skip

DASHBOARD = Dashboard(
    OURSELVES,
    "Assay / Assay itself",
    "Whether Assay keeps up: arrivals, lag, refusals, disk.",
    (WORKSPACE,),
    (STORE, METRICS),
    prometheus=True,
)
