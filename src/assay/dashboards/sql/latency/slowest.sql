-- The slowest spans of the chosen stages: the fiftieth longest duration first, then the spans from it on.
-- returns: trace_id, start_time, service, stage, name, model, duration_ms, first_token_ms, error_type
WITH
    (
        SELECT min(duration_ns)
        FROM
        (
            SELECT duration_ns
            FROM spans_live
            WHERE $__conditionalAll(stage IN (${stage:singlequote}), $stage) AND
                @where calls
            ORDER BY duration_ns DESC LIMIT 50
        )
    ) AS fiftieth_ns
SELECT trace_id, start_time, service, stage, name, model, duration_ms, time_to_first_token_ms AS first_token_ms, error_type
FROM spans_live
WHERE duration_ns >= fiftieth_ns AND $__conditionalAll(stage IN (${stage:singlequote}), $stage) AND
    @where calls
ORDER BY duration_ms DESC LIMIT 50
