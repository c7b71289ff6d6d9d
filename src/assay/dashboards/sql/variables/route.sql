-- Values of route, those with most traffic first.
-- returns: route
SELECT route FROM span_rows
WHERE workspace = ${workspace:singlequote} AND $__timeFilter(start_time) AND route != ''
GROUP BY route ORDER BY count() DESC LIMIT 500
