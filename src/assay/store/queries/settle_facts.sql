-- What the marking of usage needs to know of every span of the touched, quiet traces in which some call may be reported twice: a
-- report of usage has children, two scopes report usage, a response id stands twice, or a mark was set before. In all others
-- every report counts, and nothing is read.
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
    suspect AS
    (
        SELECT workspace, trace_id, uniqExact(span_id) AS trace_rows
        FROM spans
        WHERE start_time >= {from:DateTime64(9, 'UTC')} AND start_time <= {to:DateTime64(9, 'UTC')}
            AND (workspace, trace_id) IN touched
        GROUP BY workspace, trace_id
        HAVING hasAny(groupArrayIf(span_id, usage_role != ''), groupArrayIf(parent_span_id, parent_span_id != ''))
            OR uniqExactIf(scope_name, usage_role != '' OR stage = 'generation') > 1
            OR uniqExactIf(span_id, response_id != '') > uniqExactIf(response_id, response_id != '')
            OR countIf(usage_role NOT IN ('', 'own')) > 0
    )
SELECT
    n.workspace AS workspace, n.trace_id AS trace_id, span_id, parent_span_id, scope_name, dialect, operation, stage, provider,
    request_model, response_model, response_id, toUnixTimestamp64Nano(start_time) AS start_ns, duration_ns, input_tokens,
    output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, content_captured, usage_role, twin_of,
    trace_rows
FROM
(
    SELECT *
    FROM spans FINAL
    WHERE start_time >= {from:DateTime64(9, 'UTC')} AND start_time <= {to:DateTime64(9, 'UTC')}
        AND (workspace, trace_id) IN (SELECT workspace, trace_id FROM suspect)
    SETTINGS do_not_merge_across_partitions_select_final = 1, use_skip_indexes = 0
) AS n
INNER JOIN suspect USING (workspace, trace_id)
