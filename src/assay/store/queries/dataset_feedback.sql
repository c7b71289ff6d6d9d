-- What users said of wanted traces (the last word of each) or let slip in their next turn, oldest first.
-- params: round UInt64 (of wanted_ids)
-- returns: workspace, trace_id, kind (or the signal), value (0 to 1; NULL: no rating), outcome, source
SELECT workspace, trace_id, kind, value, outcome, source
FROM
(
    SELECT workspace, trace_id, toString(kind) AS kind, value, toString(outcome) AS outcome, toString(source) AS source, time
    FROM feedback
    WHERE superseded = 0 AND (workspace, trace_id) IN (SELECT workspace, id FROM wanted_ids WHERE round = {round:UInt64})
    UNION ALL
    SELECT workspace, trace_id, signal AS kind, CAST(NULL, 'Nullable(Float64)') AS value, '' AS outcome, 'signal' AS source, time
    FROM signals
    WHERE by_trace_id != '' AND (workspace, trace_id) IN (SELECT workspace, id FROM wanted_ids WHERE round = {round:UInt64})
)
ORDER BY workspace, trace_id, time, kind
