-- The requests with most steps, where agents go round in circles: steps first, then what the fifty longest did.
-- returns: trace_id, started, service, model_calls, tool_calls, failed_tools, same_call_repeated, cost
SELECT
    trace_id,
    min(s.start_time) AS started,
    any(s.service) AS service,
    countIf(stage = 'generation' AND counts) AS model_calls,
    countIf(stage = 'tool') AS tool_calls,
    countIf(stage = 'tool' AND status = 'error') AS failed_tools,
    tool_calls - uniqExactIf((tool_name, tool_arguments), stage = 'tool') AS same_call_repeated,
    toFloat64(sum(s.cost)) AS cost
FROM
(
    SELECT *
    FROM spans_live
    WHERE stage IN ('generation', 'tool') AND trace_id IN
        (
            SELECT trace_id
            FROM span_rows
            WHERE stage IN ('generation', 'tool') AND
                -- The hash keeps the engine from asking the index of every granule about every trace.
                cityHash64(trace_id) IN (SELECT cityHash64(trace_id) FROM span_rows WHERE stage = 'tool' AND workspace = ${workspace:singlequote} AND $__timeFilter(start_time)) AND
                @where spans
            GROUP BY trace_id
            ORDER BY uniqExact(span_id) DESC LIMIT 50
        ) AND
        @where spans
) AS s
GROUP BY trace_id
ORDER BY tool_calls + model_calls DESC
