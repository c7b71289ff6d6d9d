-- The traces that cost most: candidates first, where a replaced row counts as well and a trace may look dearer than it is.
-- returns: trace_id, started, service, calls, cost
SELECT trace_id, min(s.start_time) AS started, any(s.service) AS service, count() AS calls, sum(ifNull(s.cost_usd, 0)) AS cost
FROM
(
    SELECT *
    FROM spans_live
    WHERE counts AND cost_usd > 0 AND trace_id IN
        (
            SELECT trace_id
            FROM span_rows
            WHERE counts AND cost_usd > 0 AND
                @where calls
            GROUP BY trace_id ORDER BY sum(cost_usd) DESC LIMIT 150
        ) AND
        @where calls
) AS s
GROUP BY trace_id ORDER BY cost DESC LIMIT 50
