-- Builds one bucket from deduplicated spans, for all workspaces.
-- params: bucket DateTime, bucket_seconds UInt32, generation UInt64, since and until DateTime64(3) (spans that start in between)
INSERT INTO rollups
SELECT
    workspace,
    {bucket:DateTime('UTC')} AS bucket,
    {bucket_seconds:UInt32} AS bucket_seconds,
    {generation:UInt64} AS generation,
    cohort_key, cohort_value, service, stage, operation, model, prompt_version,
    spans, twins, weight, errors, errors_by_type,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, unpriced, outcomes,
    if(d <= 1000000, durations, arrayMap(i -> durations[intDiv((2 * i + 1) * d, 2000000) + 1], range(1000000))) AS duration_bins,
    if(t <= 1000000, ttfts, arrayMap(i -> ttfts[intDiv((2 * i + 1) * t, 2000000) + 1], range(1000000))) AS ttft_bins
FROM
(
    SELECT
        workspace, cohort.1 AS cohort_key, cohort.2 AS cohort_value, service, stage, operation,
        if(response_model != '', response_model, request_model) AS model, prompt_version,
        count() AS spans,
        countIf(usage_role = 'twin') AS twins,
        sum(sampling_weight) AS weight,
        countIf(status = 'error') AS errors,
        sumMapIf(map(error_type, toUInt64(1)), error_type != '') AS errors_by_type,
        sumIf(ifNull(s.input_tokens, 0), counts) AS input_tokens,
        sumIf(ifNull(s.output_tokens, 0), counts) AS output_tokens,
        sumIf(ifNull(s.cache_read_tokens, 0), counts) AS cache_read_tokens,
        sumIf(ifNull(s.cache_write_tokens, 0), counts) AS cache_write_tokens,
        sumIf(ifNull(s.reasoning_tokens, 0), counts) AS reasoning_tokens,
        -- The conversion to decimal truncates; half of the last digit rounds it.
        sumIf(toDecimal128(ifNull(s.cost_usd, 0) + 5e-13, 12), counts) AS cost_usd,
        countIf(usage_role = 'own' AND isNull(s.cost_usd)) AS unpriced,
        sumMapIf(map(outcome, toUInt64(1)), outcome != '') AS outcomes,
        arraySort(groupArrayIf(duration_bin, usage_role != 'twin')) AS durations,
        length(durations) AS d,
        arraySort(groupArrayIf(assumeNotNull(ttft_bin), usage_role != 'twin' AND isNotNull(ttft_bin))) AS ttfts,
        length(ttfts) AS t
    FROM
    (
        SELECT
            workspace, service, stage, operation, response_model, request_model, prompt_version, usage_role, sampling_weight,
            status, error_type, outcome, cost_usd, usage_role IN ('', 'own') AS counts,
            toUInt16(least(65535, round(2500 * log1p(duration_ns / 1000)))) AS duration_bin,
            -- `least` passes over NULL, so an absent time would become the last bin.
            if(isNull(time_to_first_token_ns), NULL, toUInt16(least(65535, round(2500 * log1p(time_to_first_token_ns / 1000))))) AS ttft_bin,
            input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
            arrayJoin(arrayConcat([('', '')], arrayZip(cohort_keys, cohort_values))) AS cohort
        FROM spans FINAL
        WHERE start_time >= {since:DateTime64(3, 'UTC')} AND start_time < {until:DateTime64(3, 'UTC')}
        SETTINGS do_not_merge_across_partitions_select_final = 1
    ) AS s
    GROUP BY workspace, cohort_key, cohort_value, service, stage, operation, model, prompt_version
)
