-- Spans of touched, quiet traces that have log records which are not joined to them yet, with what was sent.
-- Evaluation results say something about a trace and are no part of it: they do not touch it.
-- params: since, until (insertions); from, to DateTime64(9) (start of spans)
-- returns: what Decoder.remap needs of a span, with the columns of spans_raw, start_time in nanoseconds and the next revision
WITH
    touched AS
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
    ),
    described AS
    (
        SELECT workspace, trace_id, span_id, least(uniqExact(log_id), 65535) AS log_count
        FROM log_records
        WHERE (workspace, trace_id) IN touched AND span_id != '' AND event_name != 'gen_ai.evaluation.result'
        GROUP BY workspace, trace_id, span_id
    )
SELECT
    workspace, trace_id, span_id, toUnixTimestamp64Nano(s.start) AS start_time,
    s.parent_span_id AS parent_span_id, s.duration_ns AS duration_ns, s.clock_flags AS clock_flags, s.version AS version,
    s.service AS service, s.release AS release, s.environment AS environment, s.scope_name AS scope_name, s.scope_version AS scope_version,
    s.name AS name, s.kind AS kind, s.status AS status, s.status_message AS status_message,
    r.attributes AS attributes, r.events AS events, r.links AS links, r.trace_state AS trace_state, r.resource AS resource,
    greatest(bitAnd(s.version, 0xFFFFFF) + 1, d.log_count) AS revision
FROM
(
    SELECT
        workspace, trace_id, span_id, parent_span_id, start_time AS start, duration_ns, clock_flags, version, service, release,
        environment, scope_name, scope_version, name, kind, status, status_message, log_records
    FROM spans FINAL
    WHERE start_time >= {from:DateTime64(9, 'UTC')} AND start_time <= {to:DateTime64(9, 'UTC')}
        AND (workspace, trace_id) IN (SELECT workspace, trace_id FROM described)
    SETTINGS do_not_merge_across_partitions_select_final = 1, use_skip_indexes = 0
) AS s
INNER JOIN described AS d USING (workspace, trace_id, span_id)
INNER JOIN
(
    SELECT workspace, trace_id, span_id, attributes, events, links, trace_state, resource
    FROM spans_raw FINAL
    WHERE start_time >= {from:DateTime64(9, 'UTC')} AND start_time <= {to:DateTime64(9, 'UTC')}
        AND (workspace, trace_id) IN (SELECT workspace, trace_id FROM described)
    SETTINGS do_not_merge_across_partitions_select_final = 1, use_skip_indexes = 0
) AS r USING (workspace, trace_id, span_id)
WHERE s.log_records != d.log_count
LIMIT 20000
