-- Spans a second over the median of the same hours of the weeks before; 1 with fewer than three such weeks or where little is usual.
-- returns: workspace, service, value
SELECT workspace, service, if(weeks >= 3 AND usual >= 100, spans_now / seconds_now / (usual / 7200), 1) AS value
FROM
(
    SELECT
        toString(workspace) AS workspace, toString(service) AS service,
        sumIf(week_spans, week = 0) AS spans_now, 3600 + dateDiff('second', toStartOfHour(toTimeZone($__toTime, 'UTC')), $__toTime) AS seconds_now,
        countIf(week > 0) AS weeks, quantileExactIf(0.5)(week_spans, week > 0) AS usual
    FROM
    (
        SELECT workspace, service, intDiv(dateDiff('hour', toStartOfHour(bucket), toStartOfHour(toTimeZone($__toTime, 'UTC'))), 168) AS week,
            sum(r.spans) AS week_spans
        FROM rollup AS r
        WHERE
            @where same_hours
        GROUP BY workspace, service, week
    )
    GROUP BY workspace, service
)
