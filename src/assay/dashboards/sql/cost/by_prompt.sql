-- Cost by model and prompt version, with tokens a call: what a new prompt did to the bill.
-- returns: service, model, prompt_version, calls, input_tokens_a_call, output_tokens_a_call, cached_share, cost, cost_a_call, unpriced_calls
SELECT
    service, model, prompt_version,
    sum(r.spans) - sum(r.twins) AS calls,
    sum(r.input_tokens) / calls AS input_tokens_a_call,
    sum(r.output_tokens) / calls AS output_tokens_a_call,
    sum(r.cache_read_tokens) / nullIf(sum(r.input_tokens), 0) AS cached_share,
    toFloat64(sum(r.cost_usd)) AS cost,
    cost / calls AS cost_a_call,
    sum(r.unpriced) AS unpriced_calls
FROM rollup AS r
WHERE stage = 'generation' AND
    @where rollup
GROUP BY service, model, prompt_version HAVING calls > 0 ORDER BY cost DESC LIMIT 200
