-- Share of ratings by people (thumbs, stars, other scales) that are below the middle.
-- returns: time, rated_by, unhappy
SELECT $__timeInterval(f.time) AS time, concat(replaceAll(source, '_', ' '), ': ', toString(kind)) AS rated_by, countIf(value < 0.5) / count() AS unhappy
FROM feedback AS f
WHERE workspace = ${workspace:singlequote} AND $__timeFilter(f.time) AND isNotNull(value) AND superseded = 0
GROUP BY time, rated_by ORDER BY time, rated_by
