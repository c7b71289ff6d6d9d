-- Labels that were found, the commonest first.
-- returns: label
SELECT label FROM findings
WHERE workspace = ${workspace:singlequote} AND $__timeFilter(time) AND severity != 'info'
GROUP BY label ORDER BY uniq(trace_id) DESC LIMIT 200
