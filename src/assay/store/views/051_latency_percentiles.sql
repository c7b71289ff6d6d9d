-- Latency and time to first token by hour, service, stage, operation, model, prompt version and cohort label. Filter
-- `cohort_key = ''` for all traffic, or a key to split by its values. To merge hours or dimensions, aggregate the view
-- rollup instead: percentiles cannot be averaged.
-- columns: workspace, hour, cohort_key, cohort_value, service, stage, operation, model, prompt_version, spans, errors,
-- p50_ms, p95_ms, p99_ms, ttft_p50_ms, ttft_p95_ms, ttft_p99_ms
CREATE OR REPLACE VIEW @on_cluster latency_percentiles AS
SELECT
    workspace, toStartOfHour(bucket) AS hour, cohort_key, cohort_value, service, stage, operation, model, prompt_version,
    sum(r.spans) AS spans,
    sum(r.errors) AS errors,
    arrayMap(x -> (exp(x / 2500) - 1) / 1000, quantilesExactArray(0.5, 0.95, 0.99)(duration_bins)) AS q,
    arrayMap(x -> (exp(x / 2500) - 1) / 1000, quantilesExactArray(0.5, 0.95, 0.99)(ttft_bins)) AS t,
    sum(length(duration_bins)) > 0 AS measured,
    if(measured, q[1], NULL) AS p50_ms, if(measured, q[2], NULL) AS p95_ms, if(measured, q[3], NULL) AS p99_ms,
    sum(length(ttft_bins)) > 0 AS timed,
    if(timed, t[1], NULL) AS ttft_p50_ms, if(timed, t[2], NULL) AS ttft_p95_ms, if(timed, t[3], NULL) AS ttft_p99_ms
FROM rollup AS r
GROUP BY workspace, hour, cohort_key, cohort_value, service, stage, operation, model, prompt_version;
