-- One row per conversation: its turns (traces), users, tokens, cost and errors.
-- columns: workspace, conversation_id, start_time, end_time, traces, model_calls, users, services, models, errors, input_tokens,
-- output_tokens, cost_usd, outcome
CREATE OR REPLACE VIEW @on_cluster conversations AS
SELECT
    workspace, conversation_id,
    min(s.start_time) AS start_time,
    max(s.end_time) AS end_time,
    uniqExact(trace_id) AS traces,
    countIf(stage = 'generation' AND usage_role IN ('', 'own')) AS model_calls,
    arraySort(groupUniqArrayIf(s.user_id, s.user_id != '')) AS users,
    arraySort(groupUniqArray(s.service)) AS services,
    arraySort(groupUniqArrayIf(s.model, s.model != '')) AS models,
    countIf(status = 'error') AS errors,
    sumIf(s.input_tokens, counts) AS input_tokens,
    sumIf(s.output_tokens, counts) AS output_tokens,
    sum(cost) AS cost_usd,
    argMaxIf(s.outcome, s.end_time, s.outcome != '') AS outcome
FROM spans_live AS s
WHERE conversation_id != ''
GROUP BY workspace, conversation_id;
