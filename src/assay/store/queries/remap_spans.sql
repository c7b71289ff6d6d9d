-- Spans of an hour, a slice of its traces at a time, that were mapped by an older version, with what was sent.
-- params: from, to DateTime64(9) (start of spans), below UInt16 (mapping version), slices and slice UInt32 (part of
-- the traces)
-- returns: what Decoder.remap needs of a span, with the columns of spans_raw, start_time in nanoseconds and the next revision
SELECT
    workspace, trace_id, span_id, toUnixTimestamp64Nano(s.start) AS start_time,
    s.parent_span_id AS parent_span_id, s.duration_ns AS duration_ns, s.clock_flags AS clock_flags, s.version AS version,
    s.service AS service, s.release AS release, s.environment AS environment, s.scope_name AS scope_name, s.scope_version AS scope_version,
    s.name AS name, s.kind AS kind, s.status AS status, s.status_message AS status_message,
    r.attributes AS attributes, r.events AS events, r.links AS links, r.trace_state AS trace_state, r.resource AS resource,
    bitAnd(s.version, 0xFFFFFF) + 1 AS revision
FROM
(
    SELECT
        workspace, trace_id, span_id, parent_span_id, start_time AS start, duration_ns, clock_flags, version, service, release,
        environment, scope_name, scope_version, name, kind, status, status_message, mapping_version
    FROM spans FINAL
    WHERE start_time >= {from:DateTime64(9, 'UTC')} AND start_time < {to:DateTime64(9, 'UTC')}
        AND cityHash64(trace_id) % {slices:UInt32} = {slice:UInt32}
    SETTINGS do_not_merge_across_partitions_select_final = 1, use_skip_indexes = 0
) AS s
INNER JOIN
(
    SELECT workspace, trace_id, span_id, attributes, events, links, trace_state, resource
    FROM spans_raw FINAL
    WHERE start_time >= {from:DateTime64(9, 'UTC')} AND start_time < {to:DateTime64(9, 'UTC')}
        AND cityHash64(trace_id) % {slices:UInt32} = {slice:UInt32}
    SETTINGS do_not_merge_across_partitions_select_final = 1, use_skip_indexes = 0
) AS r USING (workspace, trace_id, span_id)
WHERE s.mapping_version < {below:UInt16}
