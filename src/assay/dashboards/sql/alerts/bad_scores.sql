-- Share of bad scores (below 0.5) by judges that have shown that they agree with people, over the median of these hours of the eight weeks before
-- (at least 2 %); 0 below 5 % or what is worth less than 20 verdicts. Traffic that was not judged is in it by the weights of what was.
-- returns: workspace, service, judge, dimension, value
SELECT workspace, service, judge, dimension, if(worth_now >= 20 AND bad_now >= 0.05, bad_now / greatest(usual, 0.02), 0) AS value
FROM
(
    SELECT
        toString(workspace) AS workspace, toString(service) AS service, concat(judge_id, '@', toString(judge_version)) AS judge,
        toString(dimension) AS dimension, sumIf(worth, week = 0) AS worth_now, sumIf(bad, week = 0) AS bad_now,
        ifNotFinite(quantileExactIf(0.5)(bad, week > 0), 0) AS usual
    FROM
    (
        SELECT
            workspace, service, judge_id, judge_version, dimension,
            intDiv(dateDiff('hour', hour, toStartOfHour(toTimeZone($__toTime, 'UTC'))), 168) AS week,
            sum(g.weight) * sum(g.weight) / sum(g.squared_weight) AS worth, sum(g.bad_weight) / sum(g.weight) AS bad
        FROM gated_scores AS g
        WHERE hour >= toStartOfHour(toTimeZone($__toTime, 'UTC')) - INTERVAL 1345 HOUR AND hour <= $__toTime
            AND dateDiff('hour', hour, toStartOfHour(toTimeZone($__toTime, 'UTC'))) % 168 IN (0, 1)
        GROUP BY workspace, service, judge_id, judge_version, dimension, week
        HAVING sum(g.weight) > 0
    )
    GROUP BY workspace, service, judge_id, judge_version, dimension
    HAVING worth_now > 0
)
