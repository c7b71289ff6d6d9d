-- 95th percentile of the duration of model calls over the median of the same hours of the weeks before; 0 with fewer than three such weeks or
-- 50 calls now.
-- returns: workspace, service, model, value
SELECT workspace, service, model, if(calls_now >= 50 AND weeks >= 3, p95_now / usual, 0) AS value
FROM
(
    SELECT
        toString(workspace) AS workspace, toString(service) AS service, toString(model) AS model,
        sumIf(calls, week = 0) AS calls_now, sumIf(p95, week = 0) AS p95_now,
        countIf(week > 0 AND calls >= 20) AS weeks, quantileExactIf(0.5)(p95, week > 0 AND calls >= 20) AS usual
    FROM
    (
        SELECT workspace, service, model, intDiv(dateDiff('hour', toStartOfHour(bucket), toStartOfHour(toTimeZone($__toTime, 'UTC'))), 168) AS week,
            sum(length(duration_bins)) AS calls, (exp(quantilesExactArray(0.95)(duration_bins)[1] / 2500) - 1) / 1000 AS p95
        FROM rollup AS r
        WHERE stage = 'generation' AND notEmpty(duration_bins) AND
            @where same_hours
        GROUP BY workspace, service, model, week
    )
    GROUP BY workspace, service, model
    HAVING calls_now > 0
)
