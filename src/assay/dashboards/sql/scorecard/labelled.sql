-- Share of requests (traces) with a failure.
-- returns: labelled
SELECT
    (
        SELECT uniq(trace_id) FROM findings
        WHERE
            @where findings
    )
    / nullIf((
        SELECT uniq(trace_id) FROM spans_live
        WHERE
            @where calls
    ), 0) AS labelled
