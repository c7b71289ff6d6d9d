-- What was said before about the wanted traces.
-- params: round UInt64 (of wanted_ids); from, to DateTime64(9) (start of traces)
-- returns: workspace, trace_id, start_ns, checks
SELECT workspace, trace_id, toUnixTimestamp64Nano(start_time) AS start_ns, checks
FROM trace_labels FINAL
WHERE start_time >= {from:DateTime64(9, 'UTC')} AND start_time <= {to:DateTime64(9, 'UTC')}
    AND (workspace, trace_id) IN (SELECT workspace, id FROM wanted_ids WHERE round = {round:UInt64}) AND retracted = 0
SETTINGS do_not_merge_across_partitions_select_final = 1
