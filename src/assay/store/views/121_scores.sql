-- Scores by hour and cohort, with weights: the mean of what you merge is sum(weighted_score) / sum(weight), without the preference that
-- sampling has for what looks odd; sum(weight) * sum(weight) / sum(squared_weight) is how many verdicts that is worth. Traces that a judge
-- saw and did not score are counted beside, by their weight too.
-- columns: workspace, hour, dimension, judge_id, judge_version, judge_model, service, release, model, prompt_version, route, verdicts, weight,
-- weighted_score, weighted_square (of the score), bad_weight (of scores below 0.5), squared_weight, unscored, unscored_weight
CREATE OR REPLACE VIEW @on_cluster scores AS
SELECT
    workspace, toStartOfHour(time) AS hour, dimension, judge_id, judge_version, judge_model, service, release, model, prompt_version,
    route,
    countIf(isNotNull(score)) AS verdicts,
    sumIf(1 / sampling_probability, isNotNull(score)) AS weight,
    sum(ifNull(score, 0) / sampling_probability) AS weighted_score,
    sum(ifNull(score * score, 0) / sampling_probability) AS weighted_square,
    sumIf(1 / sampling_probability, ifNull(score < 0.5, 0)) AS bad_weight,
    sumIf(1 / (sampling_probability * sampling_probability), isNotNull(score)) AS squared_weight,
    countIf(isNull(score) AND v.unscored != 'not_applicable') AS unscored,
    sumIf(1 / sampling_probability, isNull(score) AND v.unscored != 'not_applicable') AS unscored_weight
FROM verdicts AS v
WHERE NOT stale
GROUP BY workspace, hour, dimension, judge_id, judge_version, judge_model, service, release, model, prompt_version, route;
