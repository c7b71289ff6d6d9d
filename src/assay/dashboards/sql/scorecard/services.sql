-- Each service: spans, share that failed, latency, cost.
-- returns: service, spans, failed, p95_ms, first_token_p95_ms, cost, unpriced_calls
SELECT
    service,
    sum(r.spans) AS spans,
    sum(r.errors) / sum(r.spans) AS failed,
    if(sum(stage = 'generation') = 0, NULL, (exp(quantilesExactArrayIf(0.95)(duration_bins, stage = 'generation')[1] / 2500) - 1) / 1000) AS p95_ms,
    if(sum(length(ttft_bins)) = 0, NULL, (exp(quantilesExactArray(0.95)(ttft_bins)[1] / 2500) - 1) / 1000) AS first_token_p95_ms,
    toFloat64(sum(r.cost_usd)) AS cost,
    sum(r.unpriced) AS unpriced_calls
FROM rollup AS r
WHERE
    @where rollup
GROUP BY service ORDER BY spans DESC LIMIT 200
