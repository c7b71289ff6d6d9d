-- Models whose price is unknown: their calls are missing from every cost.
-- returns: model, calls, unpriced_calls, input_tokens, output_tokens
SELECT model, sum(r.spans) - sum(r.twins) AS calls, sum(r.unpriced) AS unpriced_calls, sum(r.input_tokens) AS input_tokens, sum(r.output_tokens) AS output_tokens
FROM rollup AS r
WHERE stage IN ('generation', 'embedding') AND
    @where rollup
GROUP BY model ORDER BY unpriced_calls DESC, calls DESC LIMIT 50
