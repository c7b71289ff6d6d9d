-- Cohort labels that the traffic carries, and all traffic.
-- returns: cohort_key
SELECT DISTINCT if(cohort_key = '', 'everything', toString(cohort_key)) AS cohort_key FROM rollup
WHERE workspace = ${workspace:singlequote} AND bucket >= toStartOfHour(toTimeZone($__fromTime, 'UTC')) AND bucket <= $__toTime
ORDER BY cohort_key != 'everything', cohort_key
