-- Requests (traces) an hour with a failure, by class.
-- returns: time, class, requests_an_hour
SELECT $__timeInterval(started) AS time, class, uniq(trace_id) * 3600 / $__interval_s AS requests_an_hour
FROM
(
    SELECT time AS started, class, trace_id
    FROM findings
    WHERE
        @where findings
)
GROUP BY time, class ORDER BY time, class
