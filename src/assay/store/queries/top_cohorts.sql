-- Percentiles, errors, tokens and cost by up to four dimensions, from rollups.
-- params: by1 to by4 String (service, stage, operation, model, prompt_version, cohort, hour, or empty), cohort_key String (the label
--   that `cohort` stands for; empty: all traffic), workspace, stage, service String (empty: any), since DateTime (closed hours are in one
--   piece, so from the start of its hour), min_spans UInt64
-- returns: d1 to d4, spans, errors, p50_ms, p95_ms, p99_ms, p99_to_p95, ttft_p95_ms, input_tokens, output_tokens, cost_usd, unpriced
SELECT
    multiIf({by1:String} = 'service', toString(service), {by1:String} = 'stage', toString(stage), {by1:String} = 'operation', toString(operation),
        {by1:String} = 'model', toString(model), {by1:String} = 'prompt_version', toString(prompt_version),
        {by1:String} = 'cohort', toString(cohort_value), {by1:String} = 'hour', formatDateTime(bucket, '%F %H:00'), '') AS d1,
    multiIf({by2:String} = 'service', toString(service), {by2:String} = 'stage', toString(stage), {by2:String} = 'operation', toString(operation),
        {by2:String} = 'model', toString(model), {by2:String} = 'prompt_version', toString(prompt_version),
        {by2:String} = 'cohort', toString(cohort_value), {by2:String} = 'hour', formatDateTime(bucket, '%F %H:00'), '') AS d2,
    multiIf({by3:String} = 'service', toString(service), {by3:String} = 'stage', toString(stage), {by3:String} = 'operation', toString(operation),
        {by3:String} = 'model', toString(model), {by3:String} = 'prompt_version', toString(prompt_version),
        {by3:String} = 'cohort', toString(cohort_value), {by3:String} = 'hour', formatDateTime(bucket, '%F %H:00'), '') AS d3,
    multiIf({by4:String} = 'service', toString(service), {by4:String} = 'stage', toString(stage), {by4:String} = 'operation', toString(operation),
        {by4:String} = 'model', toString(model), {by4:String} = 'prompt_version', toString(prompt_version),
        {by4:String} = 'cohort', toString(cohort_value), {by4:String} = 'hour', formatDateTime(bucket, '%F %H:00'), '') AS d4,
    sum(r.spans) AS spans,
    sum(r.errors) AS errors,
    arrayMap(x -> (exp(x / 2500) - 1) / 1000, quantilesExactArray(0.5, 0.95, 0.99)(duration_bins)) AS q,
    arrayMap(x -> (exp(x / 2500) - 1) / 1000, quantilesExactArray(0.95)(ttft_bins)) AS t,
    -- Where every span is a twin nothing was measured.
    sum(length(duration_bins)) > 0 AS measured,
    if(measured, q[1], NULL) AS p50_ms, if(measured, q[2], NULL) AS p95_ms, if(measured, q[3], NULL) AS p99_ms,
    p99_ms / nullIf(p95_ms, 0) AS p99_to_p95,
    if(sum(length(ttft_bins)) = 0, NULL, t[1]) AS ttft_p95_ms,
    sum(r.input_tokens) AS input_tokens,
    sum(r.output_tokens) AS output_tokens,
    sum(r.cost_usd) AS cost_usd,
    sum(r.unpriced) AS unpriced
FROM rollup AS r
WHERE cohort_key = {cohort_key:String} AND bucket >= toStartOfHour({since:DateTime('UTC')})
    AND ({workspace:String} = '' OR workspace = {workspace:String})
    AND ({stage:String} = '' OR stage = {stage:String})
    AND ({service:String} = '' OR service = {service:String})
GROUP BY d1, d2, d3, d4
HAVING spans >= {min_spans:UInt64}
ORDER BY p99_ms DESC, d1, d2, d3, d4
LIMIT 10000
