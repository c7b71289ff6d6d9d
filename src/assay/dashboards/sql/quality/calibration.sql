-- The lower end of agreement with people over time, by judge version and source of labels: rounds in which something changed, and where each one
-- stood when the range begins.
-- returns: time, judge, agreement_at_least
SELECT greatest(c.time, toDateTime64($__fromTime, 3, 'UTC')) AS time, concat(judge_id, '@', toString(judge_version), ' ', dimension, ', ', source) AS judge, low AS agreement_at_least
FROM calibrations AS c
WHERE workspace = ${workspace:singlequote} AND c.time <= $__toTime AND isNotNull(low)
ORDER BY time, round DESC
LIMIT 1 BY time, judge
