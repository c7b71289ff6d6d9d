-- One row per trace with a failure: its labels, and the primary one, which explains the others: that of the most upstream stage, not
-- counting what was mended on the way. Until the trace has settled it is the one of the most upstream stage; among equals the graver,
-- then the earlier. Noteworthy findings (severity info) are no failures.
-- columns: workspace, trace_id, time (of the first finding), primary_label, primary_stage, primary_span_id, severity (the gravest),
-- labels (sorted), findings (how many), services, models, prompt_versions
CREATE OR REPLACE VIEW @on_cluster trace_failures AS
SELECT
    f.workspace AS workspace, f.trace_id AS trace_id, time,
    if(said.primary_label != '', said.primary_label, first_cause.1) AS primary_label,
    if(said.primary_label != '', said.primary_stage, first_cause.2) AS primary_stage,
    if(said.primary_label != '', said.primary_span_id, first_cause.3) AS primary_span_id,
    severity, labels, findings, services, models, prompt_versions
FROM
(
    SELECT
        workspace, trace_id, min(one.time) AS time,
        argMin((toString(one.label), toString(one.stage), one.span_id),
            (indexOf(['ingress', 'query', 'embedding', 'retrieval', 'rerank', 'context', 'guardrail', 'tool', 'agent', 'generation', 'postprocess', 'egress', 'other', ''], toString(one.stage)),
             if(one.severity = 'error', 0, 1), one.time, one.label)) AS first_cause,
        if(countIf(one.severity = 'error') > 0, 'error', 'warning') AS severity,
        arraySort(groupUniqArray(toString(one.label))) AS labels,
        count() AS findings,
        arraySort(groupUniqArray(toString(one.service))) AS services,
        arraySort(groupUniqArrayIf(toString(one.model), one.model != '')) AS models,
        arraySort(groupUniqArrayIf(toString(one.prompt_version), one.prompt_version != '')) AS prompt_versions
    FROM findings AS one
    WHERE one.severity != 'info'
    GROUP BY workspace, trace_id
) AS f
LEFT JOIN
(
    SELECT workspace, trace_id, toString(primary_label) AS primary_label, toString(primary_stage) AS primary_stage, primary_span_id
    FROM trace_labels FINAL
    WHERE primary_label != '' AND retracted = 0
    SETTINGS do_not_merge_across_partitions_select_final = 1
) AS said ON said.workspace = f.workspace AND said.trace_id = f.trace_id;
