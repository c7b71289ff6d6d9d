-- Tool executions a minute by tool.
-- returns: time, tool, calls_a_minute
SELECT $__timeInterval(start_time) AS time, toString(tool_name) AS tool, count() * 60 / $__interval_s AS calls_a_minute
FROM spans_live
WHERE stage = 'tool' AND tool_name != '' AND
    @where spans
GROUP BY time, tool ORDER BY time, tool
