-- What the views say about everything; two calls agree when nothing was lost or counted twice.
-- returns: spans, traces, input_tokens, output_tokens, cost_usd, texts
SELECT
    count() AS spans,
    uniqExact(trace_id) AS traces,
    sumIf(ifNull(s.input_tokens, 0), counts) AS input_tokens,
    sumIf(ifNull(s.output_tokens, 0), counts) AS output_tokens,
    sumIf(toDecimal128(ifNull(s.cost_usd, 0) + 5e-13, 12), counts) AS cost_usd,
    (SELECT count() FROM texts) AS texts
FROM spans_live AS s
