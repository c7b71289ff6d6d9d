-- Findings of a trace, the gravest first.
-- params: trace_id String, workspace String (empty: any)
-- returns: span_id, label, severity, stage, confidence, check_id, evidence
SELECT span_id, label, severity, stage, confidence, check_id, evidence
FROM findings
WHERE trace_id = {trace_id:String} AND ({workspace:String} = '' OR workspace = {workspace:String})
ORDER BY indexOf(['error', 'warning', 'info'], severity), label, check_id
