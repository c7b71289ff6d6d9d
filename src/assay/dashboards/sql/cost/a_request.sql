-- Mean cost of a request (trace), and of a request whose outcome was a success: as feedback said last, else as the spans say.
-- returns: time, a_request, a_successful_request
WITH
    succeeded AS (SELECT trace_id FROM outcomes WHERE workspace = ${workspace:singlequote} AND outcome = 'success'),
    other AS (SELECT trace_id FROM outcomes WHERE workspace = ${workspace:singlequote} AND outcome != 'success')
SELECT
    $__timeInterval(start_time) AS time,
    sumIf(cost_usd, counts) / nullIf(uniq(trace_id), 0) AS a_request,
    sumIf(cost_usd, counts) / nullIf(uniqIf(trace_id, trace_id IN succeeded OR (outcome = 'success' AND trace_id NOT IN other)), 0) AS a_successful_request
FROM spans_live
WHERE
    @where calls
GROUP BY time ORDER BY time
