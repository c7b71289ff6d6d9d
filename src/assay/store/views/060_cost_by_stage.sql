-- Cost and tokens by hour, service, stage, model, prompt version and cohort. `unpriced` counts calls whose price is unknown:
-- they are not in cost_usd, so a cost with unpriced calls beside it is a lower bound.
-- columns: workspace, hour, cohort_key, cohort_value, service, stage, model, prompt_version, spans, input_tokens,
-- output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, unpriced
CREATE OR REPLACE VIEW @on_cluster cost_by_stage AS
SELECT
    workspace, toStartOfHour(bucket) AS hour, cohort_key, cohort_value, service, stage, model, prompt_version,
    sum(r.spans) AS spans,
    sum(r.input_tokens) AS input_tokens,
    sum(r.output_tokens) AS output_tokens,
    sum(r.cache_read_tokens) AS cache_read_tokens,
    sum(r.cache_write_tokens) AS cache_write_tokens,
    sum(r.reasoning_tokens) AS reasoning_tokens,
    sum(r.cost_usd) AS cost_usd,
    sum(r.unpriced) AS unpriced
FROM rollup AS r
GROUP BY workspace, hour, cohort_key, cohort_value, service, stage, model, prompt_version;
