-- Latency of each pipeline stage by service and hour: how many spans, errors and the percentiles of their duration,
-- which are NULL where every span is a second report of another one.
-- columns: workspace, hour, service, stage, spans, errors, p50_ms, p95_ms, p99_ms
CREATE OR REPLACE VIEW @on_cluster stage_latency AS
SELECT
    workspace, toStartOfHour(bucket) AS hour, service, stage,
    sum(r.spans) AS spans,
    sum(r.errors) AS errors,
    arrayMap(x -> (exp(x / 2500) - 1) / 1000, quantilesExactArray(0.5, 0.95, 0.99)(duration_bins)) AS q,
    sum(length(duration_bins)) > 0 AS measured,
    if(measured, q[1], NULL) AS p50_ms, if(measured, q[2], NULL) AS p95_ms, if(measured, q[3], NULL) AS p99_ms
FROM rollup AS r
WHERE cohort_key = ''
GROUP BY workspace, hour, service, stage;
