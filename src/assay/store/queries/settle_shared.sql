-- Every span of the traces that may report one model call twice, each in a trace of its own: equal response id, or a root whose
-- token counts another scope of the same service reports too. assay.spans.usage decides.
-- params: since DateTime64(3) (insertions), from DateTime64(9) (start of spans), near DateTime64(9) (start of the other report)
-- returns: as settle_facts
WITH
    -- One report may be new and the other long settled: what is new says where to look, all that is near is looked at.
    new_ids AS
    (
        SELECT DISTINCT workspace, response_id
        FROM spans
        WHERE inserted_at > {since:DateTime64(3, 'UTC')} AND start_time >= {near:DateTime64(9, 'UTC')} AND response_id != ''
    ),
    by_id AS
    (
        SELECT workspace, response_id
        FROM spans
        WHERE start_time >= {near:DateTime64(9, 'UTC')} AND response_id != '' AND (workspace, response_id) IN new_ids
        GROUP BY workspace, response_id
        HAVING min(trace_id) != max(trace_id)
    ),
    new_tokens AS
    (
        SELECT DISTINCT workspace, service, ifNull(input_tokens, 0), ifNull(output_tokens, 0)
        FROM spans
        WHERE inserted_at > {since:DateTime64(3, 'UTC')} AND start_time >= {near:DateTime64(9, 'UTC')} AND usage_role != ''
    ),
    by_tokens AS
    (
        SELECT workspace, service, ifNull(input_tokens, 0) AS tokens_in, ifNull(output_tokens, 0) AS tokens_out
        FROM spans
        WHERE start_time >= {near:DateTime64(9, 'UTC')} AND usage_role != ''
            AND (workspace, service, ifNull(input_tokens, 0), ifNull(output_tokens, 0)) IN new_tokens
        GROUP BY workspace, service, tokens_in, tokens_out
        HAVING min(trace_id) != max(trace_id) AND min(scope_name) != max(scope_name) AND min(parent_span_id) = ''
    )
SELECT
    workspace, trace_id, span_id, parent_span_id, scope_name, dialect, operation, stage, provider, request_model,
    response_model, response_id, toUnixTimestamp64Nano(start_time) AS start_ns, duration_ns, input_tokens, output_tokens,
    cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, content_captured, usage_role, twin_of, 0 AS trace_rows
FROM spans FINAL
WHERE start_time >= {from:DateTime64(9, 'UTC')}
    AND (workspace, trace_id) IN
    (
        SELECT workspace, trace_id
        FROM spans
        WHERE start_time >= {from:DateTime64(9, 'UTC')} AND response_id != '' AND (workspace, response_id) IN by_id
        UNION DISTINCT
        SELECT workspace, trace_id
        FROM spans
        WHERE start_time >= {near:DateTime64(9, 'UTC')} AND usage_role != ''
            AND (workspace, service, ifNull(input_tokens, 0), ifNull(output_tokens, 0)) IN by_tokens
    )
SETTINGS do_not_merge_across_partitions_select_final = 1, use_skip_indexes = 0
