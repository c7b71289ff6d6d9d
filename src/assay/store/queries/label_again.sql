-- Traces that are looked at again although nothing of theirs was stored since.
-- params: round UInt64 (of wanted_ids); from, to DateTime64(9) (start of spans)
-- returns: as label_touched
SELECT
    workspace, trace_id, toUInt64(toUnixTimestamp64Milli(max(inserted_at))) AS version, 1 AS due, max(parent_span_id = '') AS rooted, count() AS spans,
    toUnixTimestamp64Nano(minIf(start_time, clock_flags = '')) AS first_ns, toUnixTimestamp64Nano(maxIf(start_time, clock_flags = '')) AS last_ns
FROM spans
WHERE start_time >= {from:DateTime64(9, 'UTC')} AND start_time <= {to:DateTime64(9, 'UTC')}
    AND (workspace, trace_id) IN (SELECT workspace, id FROM wanted_ids WHERE round = {round:UInt64})
GROUP BY workspace, trace_id
HAVING countIf(clock_flags = '') > 0
ORDER BY first_ns, workspace, trace_id
