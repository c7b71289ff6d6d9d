-- The newest failures with their evidence.
-- returns: trace_id, time, label, severity, stage, service, model, prompt_version, confidence, evidence
SELECT
    trace_id, time, label, severity, stage, service, model, prompt_version, confidence,
    arrayStringConcat(arrayMap(x -> arrayStringConcat(arrayFilter(y -> y != '', [JSONExtractString(x, 'note'), JSONExtractString(x, 'quote'), JSONExtractRaw(x, 'numbers')]), ' · '), JSONExtractArrayRaw(findings.evidence)), ' | ') AS evidence
FROM findings
WHERE $__conditionalAll(label IN (${label:singlequote}), $label) AND
    @where findings
ORDER BY time DESC LIMIT 100
