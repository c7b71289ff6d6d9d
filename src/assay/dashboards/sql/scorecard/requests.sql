-- Requests (traces) a minute.
-- returns: time, requests_a_minute
SELECT $__timeInterval(start_time) AS time, uniq(trace_id) * 60 / $__interval_s AS requests_a_minute
FROM span_rows
WHERE
    @where calls
GROUP BY time ORDER BY time
