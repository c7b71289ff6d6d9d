-- Model calls that were reported in more than one trace: equal response id, different trace, inserted lately.
-- params: since DateTime64(3) (insertions), from DateTime64(9) (start of spans)
-- returns: as settle_facts, touched = 1
WITH shared AS
(
    SELECT workspace, response_id
    FROM spans
    WHERE inserted_at > {since:DateTime64(3, 'UTC')} AND start_time >= {from:DateTime64(9, 'UTC')} AND response_id != ''
    GROUP BY workspace, response_id
    HAVING min(trace_id) != max(trace_id)
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
        WHERE start_time >= {from:DateTime64(9, 'UTC')} AND (workspace, response_id) IN shared
    )
SETTINGS do_not_merge_across_partitions_select_final = 1, use_skip_indexes = 0
