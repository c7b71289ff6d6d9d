-- How often each check finds something, of the spans that it could be asked of.
-- returns: check, failed, asked, rate
SELECT check, sum(f) AS failed, sum(a) AS asked, failed / nullIf(asked, 0) AS rate
FROM
(
    SELECT splitByChar('@', asked_of)[1] AS check, toUInt64(0) AS f, n AS a
    FROM
    (
        SELECT checks, count() AS n
        FROM spans_live
        WHERE checks != '' AND
            @where calls
        GROUP BY checks
    )
    ARRAY JOIN splitByChar(',', toString(checks)) AS asked_of
    UNION ALL
    SELECT toString(check_id) AS check, uniqExact(trace_id, span_id) AS f, toUInt64(0) AS a
    FROM findings
    WHERE span_id != '' AND $__conditionalAll(label IN (${label:singlequote}), $label) AND
        @where findings
    GROUP BY check
)
GROUP BY check HAVING failed > 0 ORDER BY rate DESC, failed DESC
