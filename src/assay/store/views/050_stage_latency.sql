-- Latency of each pipeline stage by service and hour: how many spans, errors and the percentiles of their duration.
-- columns: workspace, hour, service, stage, spans, errors, p50_ms, p95_ms, p99_ms
CREATE OR REPLACE VIEW @on_cluster stage_latency AS
SELECT
    workspace, toStartOfHour(bucket) AS hour, service, stage,
    sum(r.spans) AS spans,
    sum(r.errors) AS errors,
    arrayMap(x -> (exp(x / 2500) - 1) / 1000, quantilesExactArray(0.5, 0.95, 0.99)(duration_bins)) AS q,
    q[1] AS p50_ms, q[2] AS p95_ms, q[3] AS p99_ms
FROM rollup AS r
WHERE cohort_key = ''
GROUP BY workspace, hour, service, stage;
