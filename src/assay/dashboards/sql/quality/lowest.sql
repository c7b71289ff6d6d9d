-- The lowest scores with what the judge says.
-- returns: trace_id, time, judge, score, service, prompt_version, explanation, stratum
SELECT trace_id, v.time AS time, toString(judge_id) AS judge, score, service, prompt_version, explanation, stratum
FROM verdicts AS v
WHERE isNotNull(score) AND
    @where verdicts
ORDER BY score, v.time DESC LIMIT 50
