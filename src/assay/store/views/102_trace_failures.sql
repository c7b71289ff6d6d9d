-- One row per trace with a failure: its labels, and the primary one: that of the most upstream stage, because what went wrong there
-- explains what follows; among equals the graver, then the earlier. Noteworthy findings (severity info) are no failures.
-- columns: workspace, trace_id, time (of the first failing span), primary_label, primary_stage, primary_span_id, severity (the gravest),
-- labels (sorted), findings (how many), services, models, prompt_versions
CREATE OR REPLACE VIEW @on_cluster trace_failures AS
SELECT
    workspace, trace_id, min(f.time) AS time,
    argMin((toString(f.label), toString(f.stage), f.span_id),
        (indexOf(['ingress', 'query', 'embedding', 'retrieval', 'rerank', 'context', 'guardrail', 'tool', 'agent', 'generation', 'postprocess', 'egress', 'other', ''], toString(f.stage)),
         if(f.severity = 'error', 0, 1), f.time, f.label)) AS first_cause,
    first_cause.1 AS primary_label, first_cause.2 AS primary_stage, first_cause.3 AS primary_span_id,
    if(countIf(f.severity = 'error') > 0, 'error', 'warning') AS severity,
    arraySort(groupUniqArray(toString(f.label))) AS labels,
    count() AS findings,
    arraySort(groupUniqArray(toString(f.service))) AS services,
    arraySort(groupUniqArrayIf(toString(f.model), f.model != '')) AS models,
    arraySort(groupUniqArrayIf(toString(f.prompt_version), f.prompt_version != '')) AS prompt_versions
FROM findings AS f
WHERE f.severity != 'info'
GROUP BY workspace, trace_id;
