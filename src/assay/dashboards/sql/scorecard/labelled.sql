-- Share of requests (traces) with a failure.
-- returns: labelled
SELECT
    (
        SELECT uniq(trace_id) FROM findings
        WHERE
            @where findings
    )
    / nullIf((
        SELECT uniq(trace_id) FROM span_rows
        WHERE
            @where calls
    ), 0) AS labelled
