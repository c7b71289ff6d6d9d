-- Cost and tokens of each trace by stage and model; every model call once.
-- columns: workspace, trace_id, start_time, stage, model, calls, input_tokens, output_tokens, cost_usd, unpriced
CREATE OR REPLACE VIEW @on_cluster trace_cost AS
SELECT
    workspace, trace_id, min(s.start_time) AS start_time, stage, model,
    count() AS calls,
    sum(ifNull(s.input_tokens, 0)) AS input_tokens,
    sum(ifNull(s.output_tokens, 0)) AS output_tokens,
    sum(cost) AS cost_usd,
    countIf(isNull(s.cost_usd)) AS unpriced
FROM spans_live AS s
WHERE usage_role = 'own'
GROUP BY workspace, trace_id, stage, model;
