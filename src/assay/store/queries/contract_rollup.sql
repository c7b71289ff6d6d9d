-- The same numbers from rollups.
-- returns: spans, input_tokens, output_tokens, cost_usd
SELECT sum(r.spans) AS spans, sum(r.input_tokens) AS input_tokens, sum(r.output_tokens) AS output_tokens, sum(r.cost_usd) AS cost_usd
FROM rollup AS r
WHERE cohort_key = ''
