-- Share of tool executions that failed, by tool.
-- returns: time, tool, failed
SELECT $__timeInterval(start_time) AS time, toString(tool_name) AS tool, countIf(status = 'error') / count() AS failed
FROM spans_live
WHERE stage = 'tool' AND tool_name != '' AND
    @where spans
GROUP BY time, tool ORDER BY time, tool
