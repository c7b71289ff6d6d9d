-- Share of requests (traces) with a failure of a class over the median of the same hours of the four weeks before (at least 0.5 %); 0 below
-- 2 % or 20 requests. Findings that are a matter of opinion (see the view dimensions) count only where their check agrees with people.
-- returns: workspace, service, class, value
WITH toStartOfHour(toTimeZone($__toTime, 'UTC')) - INTERVAL 1 HOUR AS since
SELECT workspace, service, class, if(requests_now >= 20 AND share_now >= 0.02, share_now / greatest(usual, 0.005), 0) AS value
FROM
(
    SELECT
        toString(failing.workspace) AS workspace, toString(failing.service) AS service, toString(failing.class) AS class,
        sumIf(requests, failing.week = 0) AS requests_now, sumIf(traces / requests, failing.week = 0) AS share_now,
        ifNotFinite(quantileExactIf(0.5)(traces / requests, failing.week > 0), 0) AS usual
    FROM
    (
        SELECT workspace, service, class, intDiv(dateDiff('hour', toStartOfHour(toDateTime(time, 'UTC')), toStartOfHour(toTimeZone($__toTime, 'UTC'))), 168) AS week,
            uniq(trace_id) AS traces
        FROM findings
        WHERE severity != 'info' AND
        (
            label NOT IN (SELECT label FROM dimensions WHERE needs_gate)
            OR (workspace, concat('check:', toString(check_id)), check_version) IN (SELECT workspace, judge_id, judge_version FROM gates WHERE may_alert)
        ) AND
        (
            (time >= since AND time <= $__toTime)
            OR (time >= since - INTERVAL 168 HOUR AND time < since - INTERVAL 166 HOUR)
            OR (time >= since - INTERVAL 336 HOUR AND time < since - INTERVAL 334 HOUR)
            OR (time >= since - INTERVAL 504 HOUR AND time < since - INTERVAL 502 HOUR)
            OR (time >= since - INTERVAL 672 HOUR AND time < since - INTERVAL 670 HOUR)
        )
        GROUP BY workspace, service, class, week
    ) AS failing
    INNER JOIN
    (
        SELECT workspace, service, intDiv(dateDiff('hour', toStartOfHour(toDateTime(start_time, 'UTC')), toStartOfHour(toTimeZone($__toTime, 'UTC'))), 168) AS week,
            uniq(trace_id) AS requests
        FROM spans_live
        WHERE
        (
            (start_time >= since AND start_time <= $__toTime)
            OR (start_time >= since - INTERVAL 168 HOUR AND start_time < since - INTERVAL 166 HOUR)
            OR (start_time >= since - INTERVAL 336 HOUR AND start_time < since - INTERVAL 334 HOUR)
            OR (start_time >= since - INTERVAL 504 HOUR AND start_time < since - INTERVAL 502 HOUR)
            OR (start_time >= since - INTERVAL 672 HOUR AND start_time < since - INTERVAL 670 HOUR)
        )
        GROUP BY workspace, service, week
    ) AS asked ON asked.workspace = failing.workspace AND asked.service = failing.service AND asked.week = failing.week
    GROUP BY workspace, service, class
    HAVING requests_now > 0
)
