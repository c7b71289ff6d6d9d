-- What explains the failures: of each request its first cause only, so that the shares add up.
-- returns: label, stage, requests, share, first_seen, last_seen, services, example, fix
SELECT
    label,
    argMax(toString(stage), time) AS stage,
    uniqExact(trace_id) AS requests,
    requests / sum(requests) OVER () AS share,
    min(time) AS first_seen,
    max(time) AS last_seen,
    arrayStringConcat(arraySort(groupUniqArray(5)(toString(found.service))), ', ') AS services,
    argMax(trace_id, time) AS example,
    label AS fix
FROM
(
    SELECT *
    FROM first_causes
    WHERE $__conditionalAll(label IN (${label:singlequote}), $label) AND
        @where findings
) AS found
GROUP BY label ORDER BY requests DESC, label
