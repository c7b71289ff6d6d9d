-- Percentiles of the time to the first token of streamed answers.
-- returns: time, p50, p95, p99
WITH arrayMap(x -> (exp(x / 2500) - 1) / 1000, quantilesExactArray(0.5, 0.95, 0.99)(ttft_bins)) AS q
SELECT $__timeInterval(bucket) AS time, q[1] AS p50, q[2] AS p95, q[3] AS p99
FROM rollup AS r
WHERE $__conditionalAll(stage IN (${stage:singlequote}), $stage) AND
    @where rollup
GROUP BY time HAVING sum(length(ttft_bins)) > 0 ORDER BY time
