-- Requests (traces) with a failure, by the stage that it points at.
-- returns: stage, requests
SELECT stage, uniqExact(trace_id) AS requests
FROM findings
WHERE $__conditionalAll(label IN (${label:singlequote}), $label) AND
    @where findings
GROUP BY stage ORDER BY requests DESC
