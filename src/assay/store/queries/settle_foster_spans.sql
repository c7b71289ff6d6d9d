-- Spans of the services and scopes of the window's log records without ids that were open at the time.
-- params: since, until (insertions)
-- returns: workspace, trace_id, span_id, service, scope_name, start_ns, duration_ns
WITH orphans AS
(
    SELECT workspace, service, scope_name, time
    FROM log_records
    WHERE trace_id = '' AND adopted = 0 AND inserted_at > {since:DateTime64(3, 'UTC')} AND inserted_at <= {until:DateTime64(3, 'UTC')}
)
SELECT workspace, trace_id, span_id, service, scope_name, toUnixTimestamp64Nano(start_time) AS start_ns, duration_ns
FROM spans FINAL
WHERE start_time >= (SELECT min(time) - INTERVAL 1 HOUR FROM orphans) AND start_time <= (SELECT max(time) FROM orphans)
    AND (workspace, service, scope_name) IN (SELECT workspace, service, scope_name FROM orphans)
SETTINGS do_not_merge_across_partitions_select_final = 1
