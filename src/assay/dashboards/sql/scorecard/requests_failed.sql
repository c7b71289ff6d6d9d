-- Requests (traces), and the share of them in which a span failed or timed out.
-- returns: failed
SELECT uniqIf(trace_id, status = 'error' OR error_type = 'timeout') / nullIf(uniq(trace_id), 0) AS failed
FROM spans_live
WHERE
    @where calls
