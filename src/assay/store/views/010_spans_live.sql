-- Every span once, with all canonical columns; the base of the other views. Settled within `settle.quiet_seconds` plus one
-- round: until then `usage_role` is what the span itself says and content from log records is missing.
-- columns: those of docs/reference/columns.md, plus end_time, duration_ms, time_to_first_token_ms, model, cost (exact
-- decimal, 0 where it does not count), counts (1 where usage and cost count in sums), cohort (map) and slot.
CREATE OR REPLACE VIEW @on_cluster spans_live AS
SELECT
    *,
    fromUnixTimestamp64Nano(toUnixTimestamp64Nano(start_time) + toInt64(duration_ns), 'UTC') AS end_time,
    duration_ns / 1e6 AS duration_ms,
    time_to_first_token_ns / 1e6 AS time_to_first_token_ms,
    if(response_model != '', response_model, request_model) AS model,
    usage_role IN ('', 'own') AS counts,
    -- The conversion to decimal truncates; half of the last digit rounds it.
    if(counts, toDecimal128(ifNull(cost_usd, 0) + 5e-13, 12), toDecimal128(0, 12)) AS cost,
    mapFromArrays(cohort_keys, cohort_values) AS cohort,
    toStartOfFiveMinutes(start_time) AS slot
FROM spans FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1;
