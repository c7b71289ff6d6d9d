-- The slowest spans of the chosen stages.
-- returns: trace_id, start_time, service, stage, name, model, duration_ms, first_token_ms, error_type
SELECT trace_id, start_time, service, stage, name, model, duration_ms, time_to_first_token_ms AS first_token_ms, error_type
FROM spans_live
WHERE (workspace, start_time, trace_id, span_id) IN
(
    SELECT workspace, start_time, trace_id, span_id
    FROM spans_live
    WHERE $__conditionalAll(stage IN (${stage:singlequote}), $stage) AND
        @where calls
    ORDER BY duration_ns DESC LIMIT 50
)
ORDER BY duration_ms DESC
