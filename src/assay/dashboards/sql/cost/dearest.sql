-- The traces that cost most. Few columns: every trace of the range is summed up.
-- returns: trace_id, started, service, calls, cost
SELECT trace_id, min(s.start_time) AS started, any(s.service) AS service, count() AS calls, sum(ifNull(s.cost_usd, 0)) AS cost
FROM
(
    SELECT *
    FROM spans_live
    WHERE counts AND cost_usd > 0 AND
        @where calls
) AS s
GROUP BY trace_id ORDER BY cost DESC LIMIT 50
