-- The view scores, of judges that may wake somebody only: those that agree with people well enough (see gates), with the model and the
-- version with which they showed it.
-- columns: workspace, hour, dimension, judge_id, judge_version, judge_model, service, release, model, prompt_version, route, verdicts, weight,
-- weighted_score, weighted_square, bad_weight (of scores below 0.5), squared_weight, unscored, unscored_weight
CREATE OR REPLACE VIEW @on_cluster gated_scores AS
SELECT
    workspace, hour, dimension, judge_id, judge_version, judge_model, service, release, model, prompt_version, route, verdicts, weight,
    weighted_score, weighted_square, bad_weight, squared_weight, unscored, unscored_weight
FROM scores
WHERE (workspace, judge_id, judge_version, dimension, judge_model) IN
(
    SELECT workspace, judge_id, judge_version, dimension, judge_model FROM gates WHERE may_alert
);
