-- Mean cost of a request (trace) over the median of the same hours of the four weeks before; 0 with fewer than three such weeks or 20 requests.
-- returns: workspace, service, value
WITH toStartOfHour(toTimeZone($__toTime, 'UTC')) - INTERVAL 1 HOUR AS since
SELECT workspace, service, if(requests_now >= 20 AND weeks >= 3 AND usual > 0, each_now / usual, 0) AS value
FROM
(
    SELECT
        toString(workspace) AS workspace, toString(service) AS service,
        sumIf(requests, week = 0) AS requests_now, sumIf(each, week = 0) AS each_now,
        countIf(week > 0 AND requests >= 10) AS weeks, quantileExactIf(0.5)(each, week > 0 AND requests >= 10) AS usual
    FROM
    (
        SELECT workspace, service, intDiv(dateDiff('hour', toStartOfHour(toDateTime(start_time, 'UTC')), toStartOfHour(toTimeZone($__toTime, 'UTC'))), 168) AS week,
            uniq(trace_id) AS requests, toFloat64(sum(cost)) / requests AS each
        FROM spans_live
        WHERE counts AND
        (
            (start_time >= since AND start_time <= $__toTime)
            OR (start_time >= since - INTERVAL 168 HOUR AND start_time < since - INTERVAL 166 HOUR)
            OR (start_time >= since - INTERVAL 336 HOUR AND start_time < since - INTERVAL 334 HOUR)
            OR (start_time >= since - INTERVAL 504 HOUR AND start_time < since - INTERVAL 502 HOUR)
            OR (start_time >= since - INTERVAL 672 HOUR AND start_time < since - INTERVAL 670 HOUR)
        )
        GROUP BY workspace, service, week
    )
    GROUP BY workspace, service
    HAVING requests_now > 0
)
