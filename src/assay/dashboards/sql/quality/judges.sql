-- Each judge version: mean score with a 95 % interval (Hájek's estimate, linearised; few verdicts make it too narrow, `assay quality` does not), how many verdicts that is
-- worth, and what stayed without a score.
-- returns: judge, version, model, dimension, mean_score, margin, low, high, verdicts, effective_verdicts, unscored, cost_usd
SELECT
    toString(judge_id) AS judge, toUInt32(judge_version) AS version, toString(judge_model) AS model, toString(dimension) AS dimension,
    weighted / weights AS mean_score,
    1.96 * sqrt(greatest(squares - 2 * mean_score * crossed + mean_score * mean_score * squared_weights, 0)) / weights AS margin,
    greatest(mean_score - margin, 0) AS low, least(mean_score + margin, 1) AS high,
    verdicts, weights * weights / squared_weights AS effective_verdicts, unscored, cost_usd
FROM
(
    SELECT
        judge_id, judge_version, v.judge_model AS judge_model, v.dimension AS dimension,
        sum(ifNull(score, 0) / sampling_probability) AS weighted,
        sumIf(1 / sampling_probability, isNotNull(score)) AS weights,
        sumIf(1 / (sampling_probability * sampling_probability), isNotNull(score)) AS squared_weights,
        sum(ifNull(score, 0) / (sampling_probability * sampling_probability)) AS crossed,
        sum(ifNull(score * score, 0) / (sampling_probability * sampling_probability)) AS squares,
        countIf(isNotNull(score)) AS verdicts,
        countIf(isNull(score) AND v.unscored != 'not_applicable') AS unscored,
        sum(ifNull(v.cost_usd, 0)) AS cost_usd
    FROM verdicts AS v
    WHERE
        @where verdicts
    GROUP BY judge_id, judge_version, judge_model, dimension
)
WHERE verdicts > 0
ORDER BY dimension, judge, version
