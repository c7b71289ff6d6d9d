-- Whom it hits: each value of the chosen cohort label with its share of failing requests, against the share over all of them.
-- returns: cohort_value, requests, failing, share, times_overall, commonest_label
WITH sum(failing) OVER () / nullIf(sum(requests) OVER (), 0) AS overall
SELECT cohort_value, requests, failing, failing / nullIf(requests, 0) AS share, share / nullIf(overall, 0) AS times_overall, commonest_label
FROM
(
    SELECT cohort_value, max(all_requests) AS requests, max(failing_requests) AS failing, max(common) AS commonest_label
    FROM
    (
        SELECT if(${cohort_key:singlequote} = 'everything', 'everything', toString(cohort[${cohort_key:singlequote}])) AS cohort_value,
            uniq(trace_id) AS all_requests, toUInt64(0) AS failing_requests, '' AS common
        FROM span_rows
        WHERE
            @where calls
        GROUP BY cohort_value
        UNION ALL
        SELECT if(${cohort_key:singlequote} = 'everything', 'everything', toString(cohort[${cohort_key:singlequote}])) AS cohort_value,
            toUInt64(0) AS all_requests, uniq(trace_id) AS failing_requests, arrayElement(topK(1)(toString(label)), 1) AS common
        FROM findings
        WHERE $__conditionalAll(label IN (${label:singlequote}), $label) AND
            @where findings
        GROUP BY cohort_value
    )
    GROUP BY cohort_value
)
WHERE failing > 0
ORDER BY times_overall DESC, failing DESC LIMIT 100
