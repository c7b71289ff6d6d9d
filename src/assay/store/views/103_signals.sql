-- What users let slip about answers without being asked: the next question doubts the answer (`doubted`), asks the same thing again in
-- other words (`rephrased`) or the same (`repeated`), thanks for it (`thanked`), or the user left (`abandoned`). Signals are no failures.
-- columns: workspace, time, trace_id (whose answer it is about), signal, by_trace_id (the trace that gave it), conversation_id, service,
-- model, prompt_version, route, cohort (map)
CREATE OR REPLACE VIEW @on_cluster signals AS
SELECT
    workspace, start_time AS time, about AS trace_id, toString(said) AS signal, l.trace_id AS by_trace_id, conversation_id,
    service, model, prompt_version, route, mapFromArrays(cohort_keys, cohort_values) AS cohort
FROM trace_labels AS l FINAL
ARRAY JOIN signals AS said, signal_traces AS about
WHERE retracted = 0
SETTINGS do_not_merge_across_partitions_select_final = 1;
