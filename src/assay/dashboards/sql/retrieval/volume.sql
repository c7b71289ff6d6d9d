-- Retrievals a minute by service.
-- returns: time, service, retrievals_a_minute
SELECT $__timeInterval(start_time) AS time, toString(service) AS service, count() * 60 / $__interval_s AS retrievals_a_minute
FROM spans_live
WHERE stage = 'retrieval' AND
    @where spans
GROUP BY time, service ORDER BY time, service
