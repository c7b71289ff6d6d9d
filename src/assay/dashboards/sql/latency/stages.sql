-- Each stage: spans, failed, percentiles, and how heavy its tail is.
-- returns: stage, spans, failed, p50_ms, p95_ms, p99_ms, p99_to_p95
WITH arrayMap(x -> (exp(x / 2500) - 1) / 1000, quantilesExactArray(0.5, 0.95, 0.99)(duration_bins)) AS q
SELECT stage, sum(r.spans) AS spans, sum(r.errors) / sum(r.spans) AS failed, q[1] AS p50_ms, q[2] AS p95_ms, q[3] AS p99_ms, q[3] / nullIf(q[2], 0) AS p99_to_p95
FROM rollup AS r
WHERE $__conditionalAll(stage IN (${stage:singlequote}), $stage) AND
    @where rollup
GROUP BY stage ORDER BY p95_ms DESC
