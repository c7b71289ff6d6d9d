-- Values of environment, those with most traffic first.
-- returns: environment
SELECT environment FROM span_rows
WHERE workspace = ${workspace:singlequote} AND $__timeFilter(start_time) AND environment != ''
GROUP BY environment ORDER BY count() DESC LIMIT 500
