-- The spans of one trace as a table: what each did, took, used and cost.
-- returns: span_id, offset_ms, stage, name, model, duration_ms, first_token_ms, input_tokens, output_tokens, cost_usd, status, error_type, status_message
SELECT
    span_id,
    dateDiff('nanosecond', min(start_time) OVER (), start_time) / 1e6 AS offset_ms,
    stage, name, model, duration_ms, time_to_first_token_ms AS first_token_ms, input_tokens, output_tokens, cost_usd, status, error_type, status_message
FROM spans_live
WHERE workspace = ${workspace:singlequote} AND trace_id = ${trace:singlequote}
ORDER BY start_time, span_id
LIMIT 5000
