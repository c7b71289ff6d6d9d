-- What is wrong with one trace, with the evidence.
-- returns: severity, label, stage, span_id, evidence, confidence, check_id, check_version, meaning, fix
SELECT
    severity, label, stage, span_id,
    arrayStringConcat(arrayMap(x -> arrayStringConcat(arrayFilter(y -> y != '', [JSONExtractString(x, 'note'), JSONExtractString(x, 'quote'), JSONExtractRaw(x, 'numbers')]), ' · '), JSONExtractArrayRaw(findings.evidence)), ' | ') AS evidence,
    confidence, check_id, check_version, label AS meaning, label AS fix
FROM findings
WHERE workspace = ${workspace:singlequote} AND trace_id = ${trace:singlequote}
ORDER BY indexOf(['error', 'warning', 'info'], toString(severity)), label
