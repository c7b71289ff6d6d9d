"""Every metric that Assay publishes about itself, once. The reference page is made from this table."""

from typing import Literal, NamedTuple

Kind = Literal["counter", "gauge", "histogram"]

MetricName = Literal[
    "assay_build_info",
    "assay_check_errors_total",
    "assay_check_seconds",
    "assay_clock_quarantined_spans_total",
    "assay_commit_seconds",
    "assay_content_removed_total",
    "assay_content_texts_total",
    "assay_decode_seconds",
    "assay_findings_total",
    "assay_forward_refused_requests_total",
    "assay_forward_retries_total",
    "assay_forwarded_requests_total",
    "assay_in_flight_requests",
    "assay_joined_log_spans_total",
    "assay_judge_breaker_opened_total",
    "assay_judge_cost_usd_total",
    "assay_judge_lag_seconds",
    "assay_judge_seconds",
    "assay_judge_unscored_total",
    "assay_judge_verdicts_total",
    "assay_marked_spans_total",
    "assay_labelled_traces_total",
    "assay_merge_lag_parts",
    "assay_queue_bytes",
    "assay_received_bytes_total",
    "assay_refused_requests_total",
    "assay_rejected_records_total",
    "assay_requests_total",
    "assay_resident_bytes",
    "assay_retry_later_answers_total",
    "assay_rolled_buckets_total",
    "assay_rollup_seconds",
    "assay_settle_lag_seconds",
    "assay_settle_seconds",
    "assay_settled_traces_total",
    "assay_spans_total",
    "assay_start_time_seconds",
    "assay_store_bytes",
    "assay_store_parts",
    "assay_stored_records_total",
    "assay_unauthenticated_requests_total",
    "assay_unknown_dialect_spans_total",
]


class Metric(NamedTuple):
    """What is published under a name. Units are in the names."""

    kind: Kind
    labels: tuple[str, ...]
    meaning: str


METRICS: dict[MetricName, Metric] = {
    "assay_build_info": Metric("gauge", ("version",), "Always 1; the label is the running version."),
    "assay_start_time_seconds": Metric("gauge", (), "When this process started, seconds since 1970; uptime is now minus this."),
    "assay_requests_total": Metric("counter", ("transport", "signal", "status"), "Answered requests; `status` is the gRPC code or the HTTP status."),
    "assay_received_bytes_total": Metric("counter", ("transport", "signal"), "Request bytes after decompression that went into the queue."),
    "assay_in_flight_requests": Metric("gauge", (), "Requests that were taken and are not answered."),
    "assay_stored_records_total": Metric("counter", ("signal", "workspace"), "Spans and log records that were committed and acknowledged; retries of the same ones count again."),
    "assay_rejected_records_total": Metric("counter", ("signal", "workspace"), "Spans and log records that a partial success told the sender were rejected."),
    "assay_refused_requests_total": Metric("counter", ("transport", "reason"), "Requests that must not be sent again: `BadPayload`, `TooLarge`, `UnsupportedEncoding`, `Unauthenticated`, `Forbidden`."),
    "assay_retry_later_answers_total": Metric("counter", ("transport", "reason"), "Requests whose sender was told to retry: `QueueFull`, `RateLimited`, `StoreUnavailable`, `ShuttingDown`."),
    "assay_unauthenticated_requests_total": Metric("counter", ("transport",), "Requests without a known token."),
    "assay_queue_bytes": Metric("gauge", (), "Request bytes that wait for the store or are being committed."),
    "assay_decode_seconds": Metric("histogram", (), "Parsing and decoding one request."),
    "assay_commit_seconds": Metric("histogram", (), "Committing one group of requests."),
    "assay_spans_total": Metric("counter", ("dialect",), "Decoded spans by the dialect that recognised them; `plain` is not GenAI."),
    "assay_unknown_dialect_spans_total": Metric("counter", (), "Spans that look like GenAI and that no dialect recognised."),
    "assay_content_texts_total": Metric("counter", ("path", "policy"), "Texts that a content policy looked at, by where they stood; every text of a record is in it."),
    "assay_content_removed_total": Metric("counter", ("type",), "Parts of texts that a content policy took out, by type."),
    "assay_forwarded_requests_total": Metric("counter", ("signal",), "Requests that the target of processor mode took."),
    "assay_forward_retries_total": Metric("counter", ("code",), "Requests that were stored and not forwarded, whose sender was told to retry, by gRPC code of the target."),
    "assay_forward_refused_requests_total": Metric("counter", ("code",), "Requests that the target will never take, by gRPC code; they are stored."),
    "assay_findings_total": Metric("counter", ("label",), "Findings of checks over spans, by label; retries of the same spans count again."),
    "assay_check_errors_total": Metric("counter", ("check",), "Spans on which a check failed; only that check's finding is missing there."),
    "assay_check_seconds": Metric("histogram", (), "Checking the spans of one request."),
    "assay_clock_quarantined_spans_total": Metric("counter", ("rule",), "Spans whose impossible clock was clamped, by the rule that did it."),
    "assay_store_parts": Metric("gauge", (), "Active parts of the fullest partition."),
    "assay_store_bytes": Metric("gauge", (), "Bytes of the database on disk."),
    "assay_merge_lag_parts": Metric("gauge", (), "Active parts over all tables that merges have not yet reduced to one a partition."),
    "assay_resident_bytes": Metric("gauge", (), "Resident memory of this process."),
    "assay_judge_seconds": Metric("histogram", (), "One round of one judge."),
    "assay_judge_lag_seconds": Metric("gauge", ("judge",), "How far a judge is behind settling."),
    "assay_judge_verdicts_total": Metric("counter", ("judge",), "Verdicts that were stored."),
    "assay_judge_unscored_total": Metric("counter", ("judge", "reason"), "Traces that were drawn and got no score, by reason."),
    "assay_judge_cost_usd_total": Metric("counter", ("judge",), "What the calls of a judge did cost, in US dollars."),
    "assay_judge_breaker_opened_total": Metric("counter", (), "How often an endpoint was left alone because it did not answer."),
    "assay_settle_seconds": Metric("histogram", (), "One round of settling quiet traces."),
    "assay_settle_lag_seconds": Metric("gauge", (), "How far settling is behind."),
    "assay_settled_traces_total": Metric("counter", (), "Traces that were settled; a late span settles its trace again."),
    "assay_labelled_traces_total": Metric("counter", (), "Settled traces that were looked at as a whole; one that was touched again counts again."),
    "assay_joined_log_spans_total": Metric("counter", (), "Spans that log records were joined to."),
    "assay_marked_spans_total": Metric("counter", (), "Spans that were marked as twins or as repeating their children's usage."),
    "assay_rollup_seconds": Metric("histogram", (), "One round of rebuilding dirty rollup buckets."),
    "assay_rolled_buckets_total": Metric("counter", (), "Rollup buckets that were rebuilt."),
}  # fmt: skip
