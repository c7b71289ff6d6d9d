-- What was found in wanted traces, the gravest first.
-- params: round UInt64 (of wanted_ids)
-- returns: workspace, trace_id, span_id, label, severity, check_id, check_version
SELECT workspace, trace_id, span_id, label, severity, check_id, check_version
FROM findings
WHERE (workspace, trace_id) IN (SELECT workspace, id FROM wanted_ids WHERE round = {round:UInt64})
ORDER BY workspace, trace_id, indexOf(['error', 'warning', 'info'], severity), label, check_id, span_id
