-- Tokens a minute: input that was paid in full, input from the cache, output, of which reasoning.
-- returns: time, input, cached_input, output, reasoning
WITH 60 / greatest($__interval_s, max(r.bucket_seconds)) AS a_minute
SELECT
    $__timeInterval(bucket) AS time,
    (sum(r.input_tokens) - sum(r.cache_read_tokens)) * a_minute AS input,
    sum(r.cache_read_tokens) * a_minute AS cached_input,
    (sum(r.output_tokens) - sum(r.reasoning_tokens)) * a_minute AS output,
    sum(r.reasoning_tokens) * a_minute AS reasoning
FROM rollup AS r
WHERE
    @where rollup
GROUP BY time ORDER BY time
