-- Mean cost of a request (trace), and of a request whose outcome was a success.
-- returns: time, a_request, a_successful_request
SELECT
    $__timeInterval(start_time) AS time,
    sumIf(cost_usd, counts) / nullIf(uniq(trace_id), 0) AS a_request,
    sumIf(cost_usd, counts) / nullIf(uniqIf(trace_id, outcome = 'success'), 0) AS a_successful_request
FROM spans_live
WHERE
    @where calls
GROUP BY time ORDER BY time
