-- Where each judge version and check stands with people, by source of labels: agreement with its 95 % interval, the lower end against what is asked.
-- returns: judge, dimension, labels_of, gate, may_alert, coefficient, low, agreement, high, asked, people, finds_bad, spares_good, traces, labels_needed, reason
SELECT
    concat(judge_id, '@', toString(judge_version)) AS judge, toString(dimension) AS dimension, toString(source) AS labels_of, toString(state) AS gate,
    may_alert, toString(coefficient) AS coefficient, low, estimate AS agreement, high, threshold AS asked, ceiling AS people,
    sensitivity AS finds_bad, specificity AS spares_good, items AS traces, labels_needed, reason
FROM gates
WHERE workspace = ${workspace:singlequote}
ORDER BY startsWith(judge_id, 'check:'), may_alert DESC, dimension, judge, labels_of
