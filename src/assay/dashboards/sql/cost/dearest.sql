-- The traces that cost most: candidates first, where a replaced row counts as well and a trace may look dearer than it is. They are
-- grouped by a hash of the trace's id, which takes a third less than the id itself; the time of one span leads back to the id.
-- returns: trace_id, started, service, calls, cost
WITH
    (
        SELECT groupArray((hash, at))
        FROM
        (
            SELECT xxHash64(trace_id) AS hash, any(start_time) AS at
            FROM span_rows
            WHERE counts AND cost_usd > 0 AND
                @where calls
            GROUP BY hash ORDER BY sum(cost_usd) DESC LIMIT 75
        )
    ) AS dearest,
    (
        SELECT groupUniqArray(trace_id)
        FROM span_rows
        WHERE start_time IN (SELECT arrayJoin(dearest).2) AND xxHash64(trace_id) IN (SELECT arrayJoin(dearest).1) AND
            @where calls
    ) AS ids
SELECT trace_id, min(s.start_time) AS started, any(s.service) AS service, count() AS calls, sum(ifNull(s.cost_usd, 0)) AS cost
FROM
(
    SELECT *
    FROM spans_live
    WHERE counts AND cost_usd > 0 AND trace_id IN (SELECT arrayJoin(ids)) AND
        @where calls
) AS s
GROUP BY trace_id ORDER BY cost DESC LIMIT 50
