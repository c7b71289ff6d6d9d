-- Which checks could be asked of labelled traces, and which found a failure (not what is only noteworthy) there.
-- params: workspace String (empty: all)
-- returns: workspace, trace_id, asked, found (arrays of `check@version`)
WITH
    wanted AS
    (
        SELECT workspace, trace_id FROM human_label_rows WHERE {workspace:String} = '' OR workspace = {workspace:String}
    ),
    settled AS
    (
        SELECT workspace, trace_id, start_time, checks FROM trace_labels FINAL
        WHERE retracted = 0 AND (workspace, trace_id) IN (SELECT workspace, trace_id FROM wanted)
    ),
    -- Spans are ordered by time: without bounds each of their bloom filters would be read.
    (SELECT min(start_time) - INTERVAL 1 HOUR FROM settled) AS first,
    (SELECT max(start_time) + INTERVAL 25 HOUR FROM settled) AS last
SELECT
    workspace, trace_id,
    groupUniqArrayArrayIf(splitByChar(',', toString(checks)), checks != '') AS asked,
    groupUniqArrayIf(failed, failed != '') AS found
FROM
(
    SELECT workspace, trace_id, toString(checks) AS checks, '' AS failed FROM settled
    UNION ALL
    SELECT workspace, trace_id, toString(checks) AS checks, '' AS failed
    FROM spans FINAL
    WHERE start_time >= first AND start_time <= last AND (workspace, trace_id) IN (SELECT workspace, trace_id FROM wanted)
    UNION ALL
    SELECT workspace, trace_id, '' AS checks, concat(toString(check_id), '@', toString(check_version)) AS failed
    FROM finding_rows FINAL
    WHERE start_time >= first AND start_time <= last AND retracted = 0 AND severity != 'info'
        AND (workspace, trace_id) IN (SELECT workspace, trace_id FROM wanted)
)
GROUP BY workspace, trace_id
ORDER BY workspace, trace_id
