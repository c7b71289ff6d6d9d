-- Cost by value of the chosen cohort label: who costs what.
-- returns: cohort_value, calls, input_tokens, output_tokens, cost, share, unpriced_calls
SELECT
    if(cohort_value = '', 'everything', toString(cohort_value)) AS cohort_value,
    sumIf(r.spans, r.stage = 'generation') AS calls,
    sum(r.input_tokens) AS input_tokens,
    sum(r.output_tokens) AS output_tokens,
    toFloat64(sum(r.cost_usd)) AS cost,
    cost / nullIf(sum(cost) OVER (), 0) AS share,
    sum(r.unpriced) AS unpriced_calls
FROM rollup AS r
WHERE
    @where rollup
GROUP BY cohort_value ORDER BY cost DESC LIMIT 100
