-- Share of all spans that failed, by type of error.
-- returns: time, error_type, share
SELECT time, type.1 AS error_type, type.2 / all_spans AS share
FROM
(
    SELECT
        $__timeInterval(bucket) AS time,
        sum(r.spans) AS all_spans,
        sumMap(arrayMap(x -> toString(x), mapKeys(errors_by_type)), mapValues(errors_by_type)) AS typed,
        arrayZip(typed.1, typed.2) AS types
    FROM rollup AS r
    WHERE
        @where rollup
    GROUP BY time
)
ARRAY JOIN types AS type
ORDER BY time, error_type
