-- Values of model, those with most traffic first.
-- returns: model
SELECT model FROM rollup AS r
WHERE workspace = ${workspace:singlequote} AND cohort_key = '' AND bucket >= toStartOfHour(toTimeZone($__fromTime, 'UTC')) AND bucket <= $__toTime AND model != ''
GROUP BY model ORDER BY sum(r.spans) DESC LIMIT 500
