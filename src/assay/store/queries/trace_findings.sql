-- Findings of a trace, the one that explains the others first, then the gravest.
-- params: trace_id String, workspace String (empty: any)
-- returns: span_id, label, severity, stage, confidence, check_id, evidence, primary (1 for the one that explains the others)
SELECT
    f.span_id AS span_id, f.label AS label, severity, f.stage AS stage, confidence, check_id, evidence,
    finding_id IN
    (
        SELECT hex(primary_finding_id) FROM trace_labels FINAL
        WHERE trace_id = {trace_id:String} AND ({workspace:String} = '' OR workspace = {workspace:String}) AND primary_label != '' AND retracted = 0
    ) AS primary
FROM findings AS f
WHERE trace_id = {trace_id:String} AND ({workspace:String} = '' OR workspace = {workspace:String})
ORDER BY primary DESC, indexOf(['error', 'warning', 'info'], severity), label, check_id
