-- How heavy the tail of model calls is: p99 over p95, by model.
-- returns: time, model, p99_to_p95
WITH arrayMap(x -> exp(x / 2500) - 1, quantilesExactArray(0.95, 0.99)(duration_bins)) AS q
SELECT $__timeInterval(bucket) AS time, toString(model) AS model, q[2] / nullIf(q[1], 0) AS p99_to_p95
FROM rollup AS r
WHERE stage = 'generation' AND $__conditionalAll(stage IN (${stage:singlequote}), $stage) AND
    @where rollup
GROUP BY time, model HAVING sum(length(duration_bins)) >= 20 ORDER BY time, model
