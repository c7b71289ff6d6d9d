-- The traces that cost most.
-- returns: trace_id, started, service, calls, input_tokens, output_tokens, cost
SELECT trace_id, min(s.start_time) AS started, any(s.service) AS service, count() AS calls, sum(s.input_tokens) AS input_tokens, sum(s.output_tokens) AS output_tokens, toFloat64(sum(s.cost)) AS cost
FROM
(
    SELECT *
    FROM spans_live
    WHERE counts AND cost_usd > 0 AND
        @where calls
) AS s
GROUP BY trace_id ORDER BY cost DESC LIMIT 50
