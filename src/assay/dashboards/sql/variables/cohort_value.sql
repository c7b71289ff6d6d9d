-- Values of the chosen cohort label, those with most traffic first.
-- returns: cohort_value
SELECT cohort_value FROM rollup AS r
WHERE workspace = ${workspace:singlequote} AND cohort_key = ${cohort_key:singlequote} AND bucket >= toStartOfHour(toTimeZone($__fromTime, 'UTC')) AND bucket <= $__toTime
GROUP BY cohort_value ORDER BY sum(r.spans) DESC LIMIT 500
