-- What came with it: requests with a failure by service, release, model and prompt version, and since when.
-- returns: service, release, model, prompt_version, requests, labels, first_seen, last_seen
SELECT service, release, model, prompt_version, uniqExact(trace_id) AS requests, uniqExact(label) AS labels, min(time) AS first_seen, max(time) AS last_seen
FROM findings
WHERE $__conditionalAll(label IN (${label:singlequote}), $label) AND
    @where findings
GROUP BY service, release, model, prompt_version ORDER BY requests DESC LIMIT 100
