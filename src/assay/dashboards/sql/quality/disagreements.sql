-- Traces on which a judge and people are of two minds, the furthest apart first for each judge.
-- returns: trace_id, judge, dimension, labels_of, says
SELECT trace_id, judge, dimension, labels_of, says
FROM
(
    SELECT
        concat(judge_id, '@', toString(judge_version)) AS judge, toString(dimension) AS dimension, toString(source) AS labels_of,
        arrayJoin(arrayConcat(
            arrayMap((one, place) -> (one, place, 'judge: bad, people: good'), arraySlice(false_positives, 1, 20), arrayEnumerate(arraySlice(false_positives, 1, 20))),
            arrayMap((one, place) -> (one, place, 'judge: good, people: bad'), arraySlice(false_negatives, 1, 20), arrayEnumerate(arraySlice(false_negatives, 1, 20))))) AS one,
        one.1 AS trace_id, one.2 AS place, one.3 AS says
    FROM gates
    WHERE workspace = ${workspace:singlequote} AND decides
)
ORDER BY place, judge, says, trace_id LIMIT 100
