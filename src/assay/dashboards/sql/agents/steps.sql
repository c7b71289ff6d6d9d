-- Model calls and tool executions in a request that used a tool: half and the longest twentieth.
-- returns: time, model_calls_median, model_calls_p95, tool_calls_median, tool_calls_p95
SELECT
    $__timeInterval(started) AS time,
    quantile(0.5)(model_calls) AS model_calls_median,
    quantile(0.95)(model_calls) AS model_calls_p95,
    quantile(0.5)(tool_calls) AS tool_calls_median,
    quantile(0.95)(tool_calls) AS tool_calls_p95
FROM
(
    SELECT trace_id, min(start_time) AS started, countIf(stage = 'generation' AND counts) AS model_calls, countIf(stage = 'tool') AS tool_calls
    FROM spans_live
    WHERE stage IN ('generation', 'tool') AND
        cityHash64(trace_id) IN (SELECT cityHash64(trace_id) FROM span_rows WHERE stage = 'tool' AND workspace = ${workspace:singlequote} AND $__timeFilter(start_time)) AND
        @where spans
    GROUP BY trace_id
    HAVING tool_calls > 0
)
GROUP BY time ORDER BY time
