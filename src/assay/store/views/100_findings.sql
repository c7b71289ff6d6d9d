-- What failed: one row per span (or trace, where span_id is empty), label and check. `evidence` is a JSON array of quotations with
-- offsets, or of the numbers that were compared; it is gone when the texts are. Severity `info` is noteworthy, not a failure.
-- columns: workspace, time, trace_id, span_id, label, class, kind, severity, stage, confidence, check_id, check_version, evidence,
-- service, release, environment, operation, model, prompt_version, route, cohort (map), finding_id
CREATE OR REPLACE VIEW @on_cluster findings AS
SELECT
    workspace, start_time AS time, trace_id, span_id, label,
    splitByChar('.', toString(label))[1] AS class, splitByChar('.', toString(label))[2] AS kind,
    severity, stage, confidence, check_id, check_version, evidence,
    service, release, environment, operation, model, prompt_version, route,
    mapFromArrays(cohort_keys, cohort_values) AS cohort, hex(finding_id) AS finding_id
FROM finding_rows FINAL
WHERE retracted = 0
SETTINGS do_not_merge_across_partitions_select_final = 1;
