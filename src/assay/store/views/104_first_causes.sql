-- One row per settled trace with a failure: the finding that explains the others. Rates are by what the answering call was.
-- columns: workspace, time (of the trace's first span), trace_id, label, class, kind, stage, severity, span_id, service, release,
-- environment, operation, model, prompt_version, route, cohort (map)
CREATE OR REPLACE VIEW @on_cluster first_causes AS
SELECT
    workspace, start_time AS time, trace_id, primary_label AS label,
    splitByChar('.', toString(label))[1] AS class, splitByChar('.', toString(label))[2] AS kind,
    primary_stage AS stage, primary_severity AS severity, primary_span_id AS span_id,
    service, release, environment, operation, model, prompt_version, route,
    mapFromArrays(cohort_keys, cohort_values) AS cohort
FROM trace_labels FINAL
WHERE retracted = 0 AND primary_label != ''
SETTINGS do_not_merge_across_partitions_select_final = 1;
