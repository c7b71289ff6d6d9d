-- Tenants, those with most traffic first.
-- returns: tenant
SELECT cohort_value AS tenant FROM rollup AS r
WHERE workspace = ${workspace:singlequote} AND cohort_key = 'tenant' AND bucket >= toStartOfHour(toTimeZone($__fromTime, 'UTC')) AND bucket <= $__toTime
GROUP BY tenant ORDER BY sum(r.spans) DESC LIMIT 500
