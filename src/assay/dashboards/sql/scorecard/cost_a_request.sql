-- Mean cost of a request (trace).
-- returns: cost_a_request
SELECT sumIf(cost_usd, counts) / nullIf(uniq(trace_id), 0) AS cost_a_request
FROM spans_live
WHERE
    @where calls
