-- GenAI log records without ids that were inserted in the window and that no span has adopted yet.
-- params: since, until (insertions)
-- returns: the columns of log_records, time in nanoseconds
SELECT
    workspace, trace_id, span_id, toUnixTimestamp64Nano(l.time) AS time, log_id, event_name, severity, scope_name, service, body,
    attributes, resource
FROM log_records AS l FINAL
WHERE trace_id = '' AND adopted = 0 AND startsWith(event_name, 'gen_ai.')
    AND inserted_at > {since:DateTime64(3, 'UTC')} AND inserted_at <= {until:DateTime64(3, 'UTC')}
    AND (workspace, log_id) NOT IN
        (SELECT workspace, log_id FROM log_records WHERE adopted = 1 AND inserted_at > {since:DateTime64(3, 'UTC')})
LIMIT 50000
