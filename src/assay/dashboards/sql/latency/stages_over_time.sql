-- 95th percentile of the duration by stage.
-- returns: time, stage, p95
SELECT $__timeInterval(bucket) AS time, toString(stage) AS stage, (exp(quantilesExactArray(0.95)(duration_bins)[1] / 2500) - 1) / 1000 AS p95
FROM rollup AS r
WHERE $__conditionalAll(stage IN (${stage:singlequote}), $stage) AND
    @where rollup
GROUP BY time, stage ORDER BY time, stage
