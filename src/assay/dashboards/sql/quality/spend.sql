-- What judging costs an hour, by judge.
-- returns: time, judge, usd_an_hour
SELECT $__timeInterval(judged_at) AS time, toString(judge_id) AS judge, sum(ifNull(v.cost_usd, 0)) * 3600 / $__interval_s AS usd_an_hour
FROM verdicts AS v
WHERE
    @where verdicts
GROUP BY time, judge ORDER BY time, judge
