-- 95th percentile of the duration of model calls.
-- returns: generation_p95
SELECT (exp(quantilesExactArray(0.95)(duration_bins)[1] / 2500) - 1) / 1000 AS generation_p95
FROM rollup AS r
WHERE stage = 'generation' AND
    @where rollup
