-- Traces to look at: those that went quiet in the window and are whole (a root, and every parent is there), and those that went quiet
-- `wait_seconds` before it and are not. A trace that began before `back` may have more rows than are seen here: whoever reads them
-- decides. Traces without any GenAI span, and those that were looked at since their last row was stored, are left out.
-- params: back (rows stored before it are not read), since and until (DateTime64(3): when the last row of a trace was stored),
-- wait_seconds Float64
-- returns: workspace, trace_id, version (milliseconds), due (look at it, whole or not), rooted, spans, first_ns and last_ns (start of its
-- spans)
WITH toIntervalMillisecond(toUInt64({wait_seconds:Float64} * 1000)) AS wait
SELECT
    workspace, trace_id, toUInt64(toUnixTimestamp64Milli(last_insertion)) AS version,
    last_insertion <= {until:DateTime64(3, 'UTC')} - wait AS due, rooted, spans,
    toUnixTimestamp64Nano(first_start) AS first_ns, toUnixTimestamp64Nano(last_start) AS last_ns
FROM
(
    SELECT
        workspace, trace_id, max(inserted_at) AS last_insertion, count() AS spans,
        minIf(start_time, clock_flags = '') AS first_start, maxIf(start_time, clock_flags = '') AS last_start,
        max(parent_span_id = '') AS rooted, max(dialect != 'plain') AS is_genai,
        groupUniqArrayIf(parent_span_id, parent_span_id != '') AS parents,
        rooted AND length(arrayIntersect(groupUniqArray(span_id), parents)) = length(parents) AS is_whole,
        first_start < {back:DateTime64(3, 'UTC')} AS has_more
    FROM spans
    WHERE inserted_at > {back:DateTime64(3, 'UTC')} AND (workspace, trace_id) IN
    (
        -- Only they can have their last row in one of the two windows; the others need no grouping.
        SELECT workspace, trace_id
        FROM spans
        WHERE inserted_at > {since:DateTime64(3, 'UTC')} - wait AND inserted_at <= {until:DateTime64(3, 'UTC')}
            AND (inserted_at <= {until:DateTime64(3, 'UTC')} - wait OR inserted_at > {since:DateTime64(3, 'UTC')})
    )
    GROUP BY workspace, trace_id
    HAVING countIf(clock_flags = '') > 0 AND (is_genai OR has_more)
        AND
        (
            (last_insertion > {since:DateTime64(3, 'UTC')} AND last_insertion <= {until:DateTime64(3, 'UTC')} AND (is_whole OR has_more))
            OR (last_insertion > {since:DateTime64(3, 'UTC')} - wait AND last_insertion <= {until:DateTime64(3, 'UTC')} - wait)
        )
) AS touched
LEFT JOIN
(
    SELECT workspace, trace_id, max(version) AS looked_at
    FROM trace_labels
    WHERE version >= toUInt64(toUnixTimestamp64Milli({back:DateTime64(3, 'UTC')}))
    GROUP BY workspace, trace_id
) AS looked USING (workspace, trace_id)
WHERE looked_at < toUInt64(toUnixTimestamp64Milli(last_insertion))
ORDER BY first_ns, workspace, trace_id
