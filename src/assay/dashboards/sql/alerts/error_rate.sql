-- Share of spans that failed over what is usual for these hours of the week (at least 0.5 %); 0 below 2 % or 50 spans.
-- returns: workspace, service, value
SELECT workspace, service, if(spans_now >= 50 AND failed_now >= 0.02, failed_now / greatest(usual, 0.005), 0) AS value
FROM
(
    SELECT
        toString(workspace) AS workspace, toString(service) AS service,
        sumIf(week_spans, week = 0) AS spans_now, sumIf(week_errors, week = 0) / spans_now AS failed_now,
        ifNotFinite(quantileExactIf(0.5)(week_errors / week_spans, week > 0), 0) AS usual
    FROM
    (
        SELECT workspace, service, intDiv(dateDiff('hour', toStartOfHour(bucket), toStartOfHour(toTimeZone($__toTime, 'UTC'))), 168) AS week,
            sum(r.spans) AS week_spans, sum(r.errors) AS week_errors
        FROM rollup AS r
        WHERE
            @where same_hours
        GROUP BY workspace, service, week
    )
    GROUP BY workspace, service
    HAVING spans_now > 0
)
