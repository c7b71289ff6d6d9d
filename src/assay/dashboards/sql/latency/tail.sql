-- Who the slowest hundredth of model calls are: share of the tail against share of the calls, by model, prompt version and cohort value.
-- returns: model, prompt_version, cohort_value, calls, share_of_calls, slow_calls, share_of_tail, times_expected, p50_ms, p99_ms
WITH
    (
        SELECT quantilesExactArray(0.99)(duration_bins)[1] FROM rollup_between(since = toStartOfHour(toTimeZone($__fromTime, 'UTC')), until = $__toTime + 1) AS r
        WHERE stage = 'generation' AND $__conditionalAll(stage IN (${stage:singlequote}), $stage) AND
            @where rollup
    ) AS limit_bin,
    arrayMap(x -> (exp(x / 2500) - 1) / 1000, quantilesExactArray(0.5, 0.99)(duration_bins)) AS q
SELECT
    model, prompt_version, cohort_value,
    sum(length(duration_bins)) AS calls,
    calls / sum(calls) OVER () AS share_of_calls,
    sum(arrayCount(x -> x >= limit_bin, duration_bins)) AS slow_calls,
    slow_calls / sum(slow_calls) OVER () AS share_of_tail,
    share_of_tail / share_of_calls AS times_expected,
    q[1] AS p50_ms, q[2] AS p99_ms
FROM rollup_between(since = toStartOfHour(toTimeZone($__fromTime, 'UTC')), until = $__toTime + 1) AS r
WHERE stage = 'generation' AND $__conditionalAll(stage IN (${stage:singlequote}), $stage) AND
    @where rollup
GROUP BY model, prompt_version, cohort_value
HAVING calls > 0
ORDER BY slow_calls DESC
LIMIT 50
