-- One row per conversation: its turns (traces), users, tokens, cost and errors, of the spans that carry its id. Where only the root does, group the
-- view traces by conversation_id. `outcome` is the latest that feedback said of a settled turn, else that of the spans.
-- columns: workspace, conversation_id, start_time, end_time, traces, model_calls, users, services, models, errors, input_tokens,
-- output_tokens, cost_usd, outcome
CREATE OR REPLACE VIEW @on_cluster conversations AS
SELECT
    c.workspace AS workspace, c.conversation_id AS conversation_id, start_time, end_time, traces, model_calls, users, services, models, errors,
    input_tokens, output_tokens, cost_usd, if(said.outcome != '', said.outcome, c.outcome) AS outcome
FROM
(
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
    GROUP BY workspace, conversation_id
) AS c
LEFT JOIN
(
    SELECT workspace, conversation_id, argMax(outcome, time) AS outcome
    FROM outcomes AS o
    INNER JOIN
    (
        SELECT DISTINCT workspace, trace_id, conversation_id
        FROM trace_labels
        WHERE conversation_id != '' AND trace_id IN (SELECT trace_id FROM outcomes)
    ) AS l USING (workspace, trace_id)
    GROUP BY workspace, conversation_id
) AS said ON said.workspace = c.workspace AND said.conversation_id = c.conversation_id;
