-- Findings that checks of single spans made in some traces and that count now, as they are stored.
-- params: traces Array(String)
-- returns: the columns of finding_rows but inserted_at; start_time in nanoseconds
SELECT * EXCEPT (inserted_at) REPLACE (toUnixTimestamp64Nano(start_time) AS start_time)
FROM finding_rows FINAL
WHERE trace_id IN {traces:Array(String)} AND span_id != '' AND NOT startsWith(check_id, 'trace.') AND retracted = 0
SETTINGS do_not_merge_across_partitions_select_final = 1
