-- Of the traces that something was inserted into since the watermark and that are quiet: when their rows lie.
-- Evaluation results say something about a trace and are no part of it: they do not touch it.
-- params: since and until DateTime64(3) (insertions), quiet DateTime64(3): traces with a later insertion are left for a later round
-- returns: traces, with_logs (traces that have log records), oldest and newest (start of their spans)
SELECT count() AS traces, countIf(log_rows > 0) AS with_logs, min(first_start) AS oldest, max(last_start) AS newest
FROM
(
    SELECT
        workspace, trace_id, max(inserted_at) AS last_insertion, sum(is_log) AS log_rows,
        minIf(time, is_wild = 0) AS first_start, maxIf(time, is_wild = 0) AS last_start
    FROM
    (
        SELECT workspace, trace_id, inserted_at, start_time AS time, clock_flags != '' AS is_wild, 0 AS is_log
        FROM spans WHERE inserted_at > {since:DateTime64(3, 'UTC')}
        UNION ALL
        SELECT workspace, trace_id, inserted_at, time, 0 AS is_wild, 1 AS is_log
        FROM log_records WHERE inserted_at > {since:DateTime64(3, 'UTC')} AND trace_id != '' AND event_name != 'gen_ai.evaluation.result'
    )
    GROUP BY workspace, trace_id
    HAVING last_insertion <= {until:DateTime64(3, 'UTC')}
)
