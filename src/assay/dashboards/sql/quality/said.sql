-- The latest that people said of answers, the unhappy before the rest of the same minute.
-- returns: trace_id, time, value, said, words, author
SELECT
    trace_id, f.time AS time, value, if(outcome != '', toString(outcome), toString(kind)) AS said,
    if(correction != '', concat('should be: ', correction), comment) AS words, author
FROM feedback AS f
WHERE workspace = ${workspace:singlequote} AND $__timeFilter(f.time) AND superseded = 0
ORDER BY toStartOfMinute(f.time) DESC, value, f.time DESC LIMIT 100
