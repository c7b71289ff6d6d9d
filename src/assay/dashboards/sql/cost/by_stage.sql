-- Cost by stage of the pipeline.
-- returns: stage, cost
SELECT stage, toFloat64(sum(r.cost_usd)) AS cost
FROM rollup AS r
WHERE
    @where rollup
GROUP BY stage HAVING cost > 0 ORDER BY cost DESC
