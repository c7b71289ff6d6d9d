-- Each label: how many requests, since when, where, with an example; what it means and what usually mends it follow from the label.
-- returns: label, severity, requests, share, first_seen, last_seen, services, prompt_versions, example, meaning, fix
SELECT
    label,
    max(severity) AS severity,
    uniqExact(trace_id) AS requests,
    requests / nullIf((
        SELECT uniq(trace_id) FROM span_rows
        WHERE
            @where calls
    ), 0) AS share,
    min(time) AS first_seen,
    max(time) AS last_seen,
    arrayStringConcat(arraySort(groupUniqArray(5)(toString(found.service))), ', ') AS services,
    arrayStringConcat(arraySort(groupUniqArrayIf(5)(toString(found.prompt_version), found.prompt_version != '')), ', ') AS prompt_versions,
    argMax(trace_id, (confidence, time)) AS example,
    label AS meaning,
    label AS fix
FROM
(
    SELECT *
    FROM findings
    WHERE $__conditionalAll(label IN (${label:singlequote}), $label) AND
        @where findings
) AS found
GROUP BY label ORDER BY requests DESC, label
