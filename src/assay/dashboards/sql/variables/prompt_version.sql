-- Values of prompt_version, those with most traffic first.
-- returns: prompt_version
SELECT prompt_version FROM rollup AS r
WHERE workspace = ${workspace:singlequote} AND cohort_key = '' AND bucket >= toStartOfHour(toTimeZone($__fromTime, 'UTC')) AND bucket <= $__toTime AND prompt_version != ''
GROUP BY prompt_version ORDER BY sum(r.spans) DESC LIMIT 500
