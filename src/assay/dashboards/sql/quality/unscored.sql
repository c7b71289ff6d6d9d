-- Traces that a judge saw and did not score, by reason.
-- returns: reason, traces
SELECT toString(v.unscored) AS reason, count() AS traces
FROM verdicts AS v
WHERE isNull(score) AND
    @where verdicts
GROUP BY reason ORDER BY traces DESC
