-- Cost an hour by model.
-- returns: time, model, usd_an_hour
SELECT $__timeInterval(bucket) AS time, toString(model) AS model, toFloat64(sum(r.cost_usd)) * 3600 / greatest($__interval_s, max(r.bucket_seconds)) AS usd_an_hour
FROM rollup AS r
WHERE
    @where rollup
GROUP BY time, model HAVING usd_an_hour > 0 ORDER BY time, model
