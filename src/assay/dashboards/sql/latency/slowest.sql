-- The slowest spans of the chosen stages. Candidates first: a span may stand in several rows, so more than are shown.
-- returns: trace_id, start_time, service, stage, name, model, duration_ms, first_token_ms, error_type
SELECT trace_id, start_time, service, stage, name, model, duration_ms, time_to_first_token_ms AS first_token_ms, error_type
FROM spans_live
WHERE trace_id IN
    (
        SELECT trace_id
        FROM span_rows
        WHERE $__conditionalAll(stage IN (${stage:singlequote}), $stage) AND
            @where calls
        ORDER BY duration_ns DESC LIMIT 150
    ) AND $__conditionalAll(stage IN (${stage:singlequote}), $stage) AND
    @where calls
ORDER BY duration_ms DESC LIMIT 50
