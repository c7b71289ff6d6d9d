-- Spans a minute by service, by the time of the span.
-- returns: time, service, spans_a_minute
SELECT $__timeInterval(bucket) AS time, toString(service) AS service, sum(r.spans) * 60 / greatest($__interval_s, max(r.bucket_seconds)) AS spans_a_minute
FROM rollup AS r
WHERE workspace = ${workspace:singlequote} AND cohort_key = '' AND bucket >= toStartOfHour(toTimeZone($__fromTime, 'UTC')) AND bucket <= $__toTime
GROUP BY time, service ORDER BY time, service
