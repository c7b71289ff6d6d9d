-- How heavy the tail is: p99 over p95 of generations by hour, model, prompt version and cohort. A ratio that grows while p95
-- stands still is a tail problem (queueing, retries, one slow shard), not a slower model.
-- columns: workspace, hour, cohort_key, cohort_value, service, model, prompt_version, spans, p95_ms, p99_ms, p99_to_p95
CREATE OR REPLACE VIEW @on_cluster latency_ratio AS
SELECT
    workspace, toStartOfHour(bucket) AS hour, cohort_key, cohort_value, service, model, prompt_version,
    sum(r.spans) AS spans,
    arrayMap(x -> (exp(x / 2500) - 1) / 1000, quantilesExactArray(0.95, 0.99)(duration_bins)) AS q,
    sum(length(duration_bins)) > 0 AS measured,
    if(measured, q[1], NULL) AS p95_ms, if(measured, q[2], NULL) AS p99_ms, p99_ms / nullIf(p95_ms, 0) AS p99_to_p95
FROM rollup AS r
WHERE stage = 'generation'
GROUP BY workspace, hour, cohort_key, cohort_value, service, model, prompt_version;
