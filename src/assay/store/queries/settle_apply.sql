-- Rewrites the spans that a round marked: the same row with its new marks and a higher revision.
-- params: round UInt64, from and to DateTime64(9) (start of spans)
INSERT INTO spans
SELECT
    s.* REPLACE
    (
        m.usage_role AS usage_role,
        m.twin_of AS twin_of,
        -- The low 24 bits of a version are the revision: rows seen when the trace settled, at least one more than before.
        bitAnd(s.version, 0xFFFFFFFFFF000000)
            + least(greatest(bitAnd(s.version, 0xFFFFFF) + 1, m.revision), 0xFFFFFF) AS version,
        now64(3) AS inserted_at
    )
FROM
(
    SELECT * FROM spans FINAL
    WHERE start_time >= {from:DateTime64(9, 'UTC')} AND start_time <= {to:DateTime64(9, 'UTC')}
        AND (workspace, trace_id, span_id) IN
            (SELECT workspace, trace_id, span_id FROM settle_marks WHERE round = {round:UInt64})
    SETTINGS do_not_merge_across_partitions_select_final = 1, use_skip_indexes = 0
) AS s
INNER JOIN (SELECT * FROM settle_marks WHERE round = {round:UInt64}) AS m USING (workspace, trace_id, span_id)
