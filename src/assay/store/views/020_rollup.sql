-- Aggregates by time and the dimensions service, stage, operation, model, prompt version and cohort, without scanning
-- spans: hours from rollups, the open hour in slots of five minutes, the last minute from spans.
-- Filter `cohort_key = ''` for everything, or `cohort_key = 'tenant'` to split by that cohort label; never sum over keys.
-- `duration_bins` and `ttft_bins` are the distributions, on a logarithmic scale with 0.04 % between steps. Percentiles in
-- milliseconds: arrayMap(q -> (exp(q / 2500) - 1) / 1000, quantilesExactArray(0.5, 0.95, 0.99)(duration_bins)).
-- Twins are in `spans` and `twins` but not in the distributions. `outcomes` are those that spans carry; what feedback said is in `traces`.
-- columns: workspace, bucket (start), bucket_seconds, cohort_key, cohort_value, service, stage, operation, model,
-- prompt_version, spans, twins, weight, errors, errors_by_type, input_tokens, output_tokens, cache_read_tokens,
-- cache_write_tokens, reasoning_tokens, cost_usd, unpriced, outcomes, duration_bins, ttft_bins
CREATE OR REPLACE VIEW @on_cluster rollup AS
WITH
    (SELECT max(generation) FROM rollup_commits WHERE bucket_seconds = 0) AS head,
    (SELECT max(frontier) FROM rollup_commits WHERE bucket_seconds = 0) AS frontier
SELECT
    workspace, bucket, bucket_seconds, cohort_key, cohort_value, service, stage, operation, model, prompt_version,
    spans, twins, weight, errors, errors_by_type, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
    reasoning_tokens, cost_usd, unpriced, outcomes,
    duration_bins, ttft_bins
FROM rollups
WHERE (bucket, bucket_seconds, generation) IN
(
    SELECT bucket, bucket_seconds, max(generation)
    FROM rollup_commits
    WHERE bucket_seconds = 3600 AND generation <= head
    GROUP BY bucket, bucket_seconds
    UNION ALL
    SELECT bucket, bucket_seconds, max(generation)
    FROM rollup_commits
    WHERE bucket_seconds = 300 AND generation <= head
        AND toStartOfHour(bucket) NOT IN (SELECT bucket FROM rollup_commits WHERE bucket_seconds = 3600 AND generation <= head)
    GROUP BY bucket, bucket_seconds
)
UNION ALL
SELECT
    workspace, toStartOfFiveMinutes(start_time) AS bucket, toUInt32(300) AS bucket_seconds,
    cohort.1 AS cohort_key, cohort.2 AS cohort_value,
    service, stage, operation, if(response_model != '', response_model, request_model) AS model, prompt_version,
    toUInt64(1) AS spans, toUInt64(usage_role = 'twin') AS twins, sampling_weight AS weight,
    toUInt64(status = 'error') AS errors,
    if(error_type = '', CAST(map(), 'Map(LowCardinality(String), UInt64)'), map(error_type, toUInt64(1))) AS errors_by_type,
    if(usage_role IN ('', 'own'), ifNull(spans.input_tokens, 0), 0) AS input_tokens,
    if(usage_role IN ('', 'own'), ifNull(spans.output_tokens, 0), 0) AS output_tokens,
    if(usage_role IN ('', 'own'), ifNull(spans.cache_read_tokens, 0), 0) AS cache_read_tokens,
    if(usage_role IN ('', 'own'), ifNull(spans.cache_write_tokens, 0), 0) AS cache_write_tokens,
    if(usage_role IN ('', 'own'), ifNull(spans.reasoning_tokens, 0), 0) AS reasoning_tokens,
    -- The conversion to decimal truncates; half of the last digit rounds it.
    if(usage_role IN ('', 'own'), toDecimal128(ifNull(spans.cost_usd, 0) + 5e-13, 12), toDecimal128(0, 12)) AS cost_usd,
    toUInt64(usage_role = 'own' AND isNull(spans.cost_usd)) AS unpriced,
    if(outcome = '', CAST(map(), 'Map(LowCardinality(String), UInt64)'), map(outcome, toUInt64(1))) AS outcomes,
    if(usage_role = 'twin', [], [toUInt16(least(65535, round(2500 * log1p(duration_ns / 1000))))]) AS duration_bins,
    if(usage_role = 'twin' OR isNull(time_to_first_token_ns), [],
       [toUInt16(least(65535, round(2500 * log1p(assumeNotNull(time_to_first_token_ns) / 1000))))]) AS ttft_bins
FROM spans FINAL
ARRAY JOIN arrayConcat([('', '')], arrayZip(cohort_keys, cohort_values)) AS cohort
WHERE start_time >= frontier
SETTINGS do_not_merge_across_partitions_select_final = 1;
