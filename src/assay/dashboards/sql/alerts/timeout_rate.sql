-- Share of spans that timed out over what is usual for these hours of the week (at least 0.2 %); 0 below 1 % or 50 spans.
-- returns: workspace, service, value
SELECT workspace, service, if(spans_now >= 50 AND timed_out_now >= 0.01, timed_out_now / greatest(usual, 0.002), 0) AS value
FROM
(
    SELECT
        toString(workspace) AS workspace, toString(service) AS service,
        sumIf(week_spans, week = 0) AS spans_now, sumIf(week_timeouts, week = 0) / spans_now AS timed_out_now,
        ifNotFinite(quantileExactIf(0.5)(week_timeouts / week_spans, week > 0), 0) AS usual
    FROM
    (
        SELECT workspace, service, intDiv(dateDiff('hour', toStartOfHour(bucket), toStartOfHour(toTimeZone($__toTime, 'UTC'))), 168) AS week,
            sum(r.spans) AS week_spans, sum(errors_by_type['timeout']) AS week_timeouts
        FROM rollup AS r
        WHERE
            @where same_hours
        GROUP BY workspace, service, week
    )
    GROUP BY workspace, service
    HAVING spans_now > 0
)
