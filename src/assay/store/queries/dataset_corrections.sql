-- What the answers of wanted traces should have been: what experts say before what users say, and of those the last word.
-- params: round UInt64 (of wanted_ids)
-- returns: workspace, trace_id, answer, source (of the label, or feedback), comment
SELECT workspace, trace_id, last.1 AS answer, last.2 AS source, last.3 AS comment
FROM
(
    SELECT workspace, trace_id, argMax((correction, source, comment), (weight, time)) AS last
    FROM
    (
        SELECT
            workspace, trace_id, correction, toString(source) AS source, comment, if(source = 'end_user', 1, 2) AS weight,
            fromUnixTimestamp64Milli(toInt64(version), 'UTC') AS time
        FROM human_label_rows FINAL
        WHERE correction != '' AND (workspace, trace_id) IN (SELECT workspace, id FROM wanted_ids WHERE round = {round:UInt64})
        UNION ALL
        SELECT workspace, trace_id, correction, 'feedback' AS source, comment, 0 AS weight, toDateTime64(time, 3, 'UTC') AS time
        FROM feedback
        WHERE superseded = 0 AND correction != '' AND (workspace, trace_id) IN (SELECT workspace, id FROM wanted_ids WHERE round = {round:UInt64})
    )
    GROUP BY workspace, trace_id
)
