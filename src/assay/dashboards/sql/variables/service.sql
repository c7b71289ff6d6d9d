-- Values of service, those with most traffic first.
-- returns: service
SELECT service FROM rollup AS r
WHERE workspace = ${workspace:singlequote} AND cohort_key = '' AND bucket >= toStartOfHour(toTimeZone($__fromTime, 'UTC')) AND bucket <= $__toTime AND service != ''
GROUP BY service ORDER BY sum(r.spans) DESC LIMIT 500
