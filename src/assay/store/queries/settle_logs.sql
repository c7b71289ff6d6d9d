-- Log records of touched, quiet traces that describe a span.
-- Evaluation results say something about a trace and are no part of it: they do not touch it.
-- params: since, until (insertions)
-- returns: the columns of log_records, time in nanoseconds
WITH touched AS
(
    SELECT workspace, trace_id
    FROM
    (
        SELECT workspace, trace_id, inserted_at FROM spans WHERE inserted_at > {since:DateTime64(3, 'UTC')}
        UNION ALL
        SELECT workspace, trace_id, inserted_at FROM log_records
        WHERE inserted_at > {since:DateTime64(3, 'UTC')} AND trace_id != '' AND event_name != 'gen_ai.evaluation.result'
    )
    GROUP BY workspace, trace_id
    HAVING max(inserted_at) <= {until:DateTime64(3, 'UTC')}
)
SELECT workspace, trace_id, span_id, toUnixTimestamp64Nano(time) AS time, log_id, event_name, severity, scope_name, service, body, attributes, resource
FROM log_records AS l FINAL
WHERE (workspace, trace_id) IN touched AND span_id != '' AND event_name != 'gen_ai.evaluation.result'
