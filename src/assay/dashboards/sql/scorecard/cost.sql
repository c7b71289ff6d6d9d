-- Cost, and calls whose price is unknown: they are not in it.
-- returns: cost, unpriced_calls
SELECT toFloat64(sum(r.cost_usd)) AS cost, sum(r.unpriced) AS unpriced_calls
FROM rollup AS r
WHERE
    @where rollup
