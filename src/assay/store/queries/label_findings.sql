-- Findings of the wanted traces that count now, as they are stored, in a stable order.
-- params: round UInt64 (of wanted_ids); from, to DateTime64(9) (start of spans)
-- returns: the columns of finding_rows but inserted_at; start_time in nanoseconds
SELECT * EXCEPT (inserted_at) REPLACE (toUnixTimestamp64Nano(start_time) AS start_time)
FROM finding_rows FINAL
WHERE finding_rows.start_time >= {from:DateTime64(9, 'UTC')} AND finding_rows.start_time <= {to:DateTime64(9, 'UTC')}
    AND (workspace, trace_id) IN (SELECT workspace, id FROM wanted_ids WHERE round = {round:UInt64}) AND retracted = 0
ORDER BY workspace, trace_id, span_id, label, check_id
SETTINGS do_not_merge_across_partitions_select_final = 1
