-- Values of stage, those with most traffic first.
-- returns: stage
SELECT stage FROM rollup AS r
WHERE workspace = ${workspace:singlequote} AND cohort_key = '' AND bucket >= toStartOfHour(toTimeZone($__fromTime, 'UTC')) AND bucket <= $__toTime AND stage != ''
GROUP BY stage ORDER BY sum(r.spans) DESC LIMIT 500
