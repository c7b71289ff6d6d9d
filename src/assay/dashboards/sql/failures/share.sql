-- Share of requests (traces) with a failure of the chosen labels.
-- returns: labelled
SELECT
    (
        SELECT uniq(trace_id) FROM findings
        WHERE $__conditionalAll(label IN (${label:singlequote}), $label) AND
            @where findings
    )
    / nullIf((
        SELECT uniq(trace_id) FROM span_rows
        WHERE
            @where calls
    ), 0) AS labelled
