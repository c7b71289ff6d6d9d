-- Workspaces with traffic.
-- returns: workspace
SELECT DISTINCT workspace FROM rollup WHERE cohort_key = '' AND bucket >= toStartOfHour(toTimeZone($__fromTime, 'UTC')) AND bucket <= $__toTime ORDER BY workspace
