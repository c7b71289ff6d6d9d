-- Every row of every span, also those that a later row of the span replaces: a quarter of the cost of spans_live where it does not
-- matter how often a span is there. For distinct counts, and to find candidates that spans_live then shows; never for sums.
-- columns: those of spans_live
CREATE OR REPLACE VIEW @on_cluster span_rows AS
SELECT
    *,
    fromUnixTimestamp64Nano(toUnixTimestamp64Nano(start_time) + toInt64(duration_ns), 'UTC') AS end_time,
    duration_ns / 1e6 AS duration_ms,
    time_to_first_token_ns / 1e6 AS time_to_first_token_ms,
    if(response_model != '', response_model, request_model) AS model,
    usage_role IN ('', 'own') AS counts,
    if(counts, toDecimal128(ifNull(cost_usd, 0) + 5e-13, 12), toDecimal128(0, 12)) AS cost,
    mapFromArrays(cohort_keys, cohort_values) AS cohort,
    toStartOfFiveMinutes(start_time) AS slot
FROM spans;
