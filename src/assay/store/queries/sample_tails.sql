-- How long and how dear all but the last traces of a service and route are, for the sampler. Routes with few traces have no tail.
-- params: since DateTime64(3), tail Float64 (share of traces below), least UInt64 (traces)
-- returns: workspace, service, route, slow_ms, dear_usd
SELECT
    workspace, service, route,
    quantileExact({tail:Float64})(duration_ms) AS slow_ms, quantileExact({tail:Float64})(toFloat64(cost_usd)) AS dear_usd
FROM
(
    SELECT workspace, trace_id, service, route, duration_ms, cost_usd
    FROM traces
    WHERE (workspace, trace_id) IN
    (
        SELECT workspace, trace_id FROM spans_live WHERE parent_span_id = '' AND start_time >= {since:DateTime64(3, 'UTC')}
    )
)
GROUP BY workspace, service, route
HAVING count() >= {least:UInt64}
