-- The touched, quiet traces in which some call may be reported twice: a report of usage has children, two scopes report usage, a
-- response id stands twice, or a mark was set before. In all others every report counts.
-- params: since, until (insertions); from, to DateTime64(9) (start of spans: where the traces lie, with a margin)
-- returns: workspace, trace_id
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
    )
SELECT workspace, trace_id
FROM spans
WHERE start_time >= {from:DateTime64(9, 'UTC')} AND start_time <= {to:DateTime64(9, 'UTC')}
    AND (workspace, trace_id) IN touched
GROUP BY workspace, trace_id
HAVING hasAny(groupArrayIf(span_id, usage_role != ''), groupArrayIf(parent_span_id, parent_span_id != ''))
    OR uniqExactIf(scope_name, usage_role != '' OR stage = 'generation') > 1
    OR uniqExactIf(span_id, response_id != '') > uniqExactIf(response_id, response_id != '')
    OR countIf(usage_role NOT IN ('', 'own')) > 0
