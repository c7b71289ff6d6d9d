-- Mean score over time by judge, of all traffic: each verdict stands for as many traces as its sampling probability says.
-- returns: time, judge, mean_score
SELECT $__timeInterval(v.time) AS time, toString(judge_id) AS judge, sum(score / sampling_probability) / sumIf(1 / sampling_probability, isNotNull(score)) AS mean_score
FROM verdicts AS v
WHERE isNotNull(score) AND
    @where verdicts
GROUP BY time, judge ORDER BY time, judge
