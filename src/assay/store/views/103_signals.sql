-- What users let slip about answers without being asked: the next question doubts the answer (`doubted`), asks the same thing again in
-- other words (`rephrased`) or the same (`repeated`), thanks for it (`thanked`), or the user left (`abandoned`); and what they said when they
-- were asked (view `feedback`): a thumb down or a rating below the middle (`disliked`), what the answer should have been (`corrected`). Signals
-- are no failures.
-- columns: workspace, time, trace_id (whose answer it is about), signal, by_trace_id (the trace that gave it; empty: feedback), conversation_id,
-- service, model, prompt_version, route, cohort (map)
CREATE OR REPLACE VIEW @on_cluster signals AS
SELECT
    workspace, toDateTime64(start_time, 9, 'UTC') AS time, about AS trace_id, toString(said) AS signal, l.trace_id AS by_trace_id,
    conversation_id, toString(service) AS service, toString(model) AS model, toString(prompt_version) AS prompt_version,
    toString(route) AS route, mapFromArrays(cohort_keys, cohort_values) AS cohort
FROM trace_labels AS l FINAL
ARRAY JOIN signals AS said, signal_traces AS about
WHERE retracted = 0
SETTINGS do_not_merge_across_partitions_select_final = 1
UNION ALL
SELECT
    f.workspace AS workspace, f.time AS time, f.trace_id AS trace_id, if(kind = 'correction', 'corrected', 'disliked') AS signal,
    '' AS by_trace_id, conversation_id, service, model, prompt_version, route, mapFromArrays(cohort_keys, cohort_values) AS cohort
FROM feedback AS f
LEFT JOIN
(
    SELECT
        workspace, trace_id, conversation_id, toString(service) AS service, toString(model) AS model,
        toString(prompt_version) AS prompt_version, toString(route) AS route, cohort_keys, cohort_values
    FROM trace_labels FINAL
    WHERE (workspace, trace_id) IN (SELECT workspace, trace_id FROM feedback_rows WHERE kind = 'correction' OR value < 0.5)
    SETTINGS do_not_merge_across_partitions_select_final = 1
) AS l ON l.workspace = f.workspace AND l.trace_id = f.trace_id
WHERE superseded = 0 AND (kind = 'correction' OR value < 0.5);
