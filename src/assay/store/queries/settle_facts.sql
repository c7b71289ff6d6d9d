-- What the marking of usage needs to know of every span of the touched, quiet traces that have at least two reports of usage.
-- params: since, until (insertions); from, to DateTime64(9) (start of spans: where the traces lie, with a margin)
-- returns: workspace, trace_id, span_id, parent_span_id, start_ns, and the columns of assay.spans.usage.SpanFacts; usage_role and twin_of
-- as stored, trace_rows (rows of the trace)
WITH
    touched AS
    (
        SELECT workspace, trace_id
        FROM
        (
            SELECT workspace, trace_id, inserted_at FROM spans WHERE inserted_at > {since:DateTime64(3, 'UTC')}
            UNION ALL
            SELECT workspace, trace_id, inserted_at FROM log_records
            WHERE inserted_at > {since:DateTime64(3, 'UTC')} AND trace_id != ''
        )
        GROUP BY workspace, trace_id
        HAVING max(inserted_at) <= {until:DateTime64(3, 'UTC')}
    ),
    narrow AS
    (
        SELECT
            workspace, trace_id, span_id, parent_span_id, scope_name, dialect, operation, stage, provider, request_model,
            response_model, response_id, toUnixTimestamp64Nano(start_time) AS start_ns, duration_ns, input_tokens, output_tokens,
            cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, content_captured, usage_role, twin_of
        FROM spans FINAL
        WHERE start_time >= {from:DateTime64(9, 'UTC')} AND start_time <= {to:DateTime64(9, 'UTC')}
            AND (workspace, trace_id) IN touched
    )
SELECT
    workspace, trace_id, span_id, several.trace_rows AS trace_rows,
    n.parent_span_id AS parent_span_id, n.scope_name AS scope_name, n.dialect AS dialect, n.operation AS operation, n.stage AS stage, n.provider AS provider, n.request_model AS request_model, n.response_model AS response_model, n.response_id AS response_id, n.start_ns AS start_ns, n.duration_ns AS duration_ns, n.input_tokens AS input_tokens, n.output_tokens AS output_tokens, n.cache_read_tokens AS cache_read_tokens, n.cache_write_tokens AS cache_write_tokens, n.reasoning_tokens AS reasoning_tokens, n.cost_usd AS cost_usd, n.content_captured AS content_captured, n.usage_role AS usage_role, n.twin_of AS twin_of
FROM narrow AS n
INNER JOIN
(
    SELECT workspace, trace_id, count() AS trace_rows
    FROM narrow
    GROUP BY workspace, trace_id
    HAVING countIf(usage_role != '' OR stage = 'generation') >= 2
) AS several USING (workspace, trace_id)
SETTINGS do_not_merge_across_partitions_select_final = 1, use_skip_indexes = 0
