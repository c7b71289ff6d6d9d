-- What replays of regression sets gave: one row per run, item and judge version. `score_before` is that of the answer as it was,
-- `score_after` that of the new one, both by this judge in this run; `difference` is NULL where one of them has no score, and `error` says
-- why there is no new answer. Compare within one `dataset_version`: it digests the items.
-- columns: workspace, dataset, dataset_version, run, time, item, trace_id, conversation_id, dimension, judge_id, judge_version, judge_model,
-- rubric, score_before, score_after, difference, label_before, label_after, unscored_before, unscored_after, explanation (of the new
-- score), output (the new answer), error, cost_usd (of judging both)
CREATE OR REPLACE VIEW @on_cluster replays AS
SELECT
    workspace, dataset, dataset_version, run, at AS time, item, trace_id, conversation_id, dimension, judge_id, judge_version, judge_model,
    rubric, score_before, score_after, score_after - score_before AS difference, label_before, label_after, unscored_before,
    unscored_after, explanation, output, error, cost_usd
FROM replay_rows FINAL;
