-- One row per trace: its root, duration, tokens, cost, stages, models and first error. Tokens and cost count every model
-- call once. `root_missing` is 1 while the root span has not arrived (or never will). `outcome` is the latest that feedback said, else
-- that of the spans.
-- columns: workspace, trace_id, start_time, end_time, duration_ms, service, root_name, root_missing, services, stages, models,
-- prompt_versions, dialects, spans, model_calls, tool_calls, errors, error_type, input_tokens, output_tokens,
-- cache_read_tokens, reasoning_tokens, cost_usd, unpriced, conversation_id, user_id, request_id, feature, route, workflow,
-- outcome, cohort, question, answer (content hashes; texts are in the view texts)
CREATE OR REPLACE VIEW @on_cluster traces AS
SELECT
    t.workspace AS workspace, t.trace_id AS trace_id, start_time, end_time, duration_ms, service, root_name, root_missing, services, stages,
    models, prompt_versions, dialects, spans, model_calls, tool_calls, errors, error_type, input_tokens, output_tokens, cache_read_tokens,
    reasoning_tokens, cost_usd, unpriced, conversation_id, user_id, request_id, feature, route, workflow,
    if(said.outcome != '', said.outcome, t.outcome) AS outcome, cohort, question, answer
FROM
(
    SELECT
        workspace,
        trace_id,
        min(start_time) AS start_time,
        max(end_time) AS end_time,
        dateDiff('nanosecond', start_time, end_time) / 1e6 AS duration_ms,
        if(countIf(parent_span_id = '') > 0, argMinIf(s.service, s.start_time, parent_span_id = ''), argMin(s.service, s.start_time)) AS service,
        if(countIf(parent_span_id = '') > 0, argMinIf(s.name, s.start_time, parent_span_id = ''), argMin(s.name, s.start_time)) AS root_name,
        countIf(parent_span_id = '') = 0 AS root_missing,
        arraySort(groupUniqArray(s.service)) AS services,
        arraySort(groupUniqArray(s.stage)) AS stages,
        arraySort(groupUniqArrayIf(s.model, s.model != '')) AS models,
        arraySort(groupUniqArrayIf(s.prompt_version, s.prompt_version != '')) AS prompt_versions,
        arraySort(groupUniqArray(s.dialect)) AS dialects,
        count() AS spans,
        countIf(stage IN ('generation', 'embedding') AND usage_role IN ('', 'own')) AS model_calls,
        countIf(stage = 'tool') AS tool_calls,
        countIf(status = 'error') AS errors,
        argMinIf(s.error_type, s.end_time, s.error_type != '') AS error_type,
        sumIf(s.input_tokens, counts) AS input_tokens,
        sumIf(s.output_tokens, counts) AS output_tokens,
        sumIf(s.cache_read_tokens, counts) AS cache_read_tokens,
        sumIf(s.reasoning_tokens, counts) AS reasoning_tokens,
        sum(cost) AS cost_usd,
        countIf(usage_role = 'own' AND isNull(s.cost_usd)) AS unpriced,
        anyIf(s.conversation_id, s.conversation_id != '') AS conversation_id,
        anyIf(s.user_id, s.user_id != '') AS user_id,
        anyIf(s.request_id, s.request_id != '') AS request_id,
        anyIf(s.feature, s.feature != '') AS feature,
        anyIf(s.route, s.route != '') AS route,
        anyIf(s.workflow, s.workflow != '') AS workflow,
        argMaxIf(s.outcome, s.end_time, s.outcome != '') AS outcome,
        argMinIf(s.cohort, s.start_time, notEmpty(s.cohort_keys)) AS cohort,
        argMinIf(s.question, s.start_time, s.question != unhex('00000000000000000000000000000000')) AS question,
        argMaxIf(s.answer, s.end_time, s.answer != unhex('00000000000000000000000000000000')) AS answer
    FROM spans_live AS s
    GROUP BY workspace, trace_id
) AS t
LEFT ANY JOIN outcomes AS said ON said.workspace = t.workspace AND said.trace_id = t.trace_id;
