-- What the marking of usage needs to know of every span of the wanted traces.
-- params: round UInt64 (of wanted_ids); from, to DateTime64(9) (start of spans: where the traces lie, with a margin)
-- returns: workspace, trace_id, span_id, parent_span_id, start_ns, and the columns of assay.spans.usage.SpanFacts; usage_role and twin_of
-- as stored, trace_rows (spans of the trace)
SELECT
    workspace, trace_id, span_id, parent_span_id, scope_name, dialect, operation, stage, provider, request_model,
    response_model, response_id, toUnixTimestamp64Nano(start_time) AS start_ns, duration_ns, input_tokens, output_tokens,
    cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, content_captured, usage_role, twin_of,
    count() OVER (PARTITION BY workspace, trace_id) AS trace_rows
FROM spans FINAL
WHERE start_time >= {from:DateTime64(9, 'UTC')} AND start_time <= {to:DateTime64(9, 'UTC')}
    AND (workspace, trace_id) IN (SELECT workspace, id FROM wanted_ids WHERE round = {round:UInt64})
SETTINGS do_not_merge_across_partitions_select_final = 1, use_skip_indexes = 0
