-- 95th percentile of the time to the first token of streamed answers.
-- returns: first_token_p95
SELECT if(sum(length(ttft_bins)) = 0, NULL, (exp(quantilesExactArray(0.95)(ttft_bins)[1] / 2500) - 1) / 1000) AS first_token_p95
FROM rollup AS r
WHERE
    @where rollup
