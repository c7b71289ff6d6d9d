-- What judges said of wanted traces as they are now, with the versions that said it.
-- params: round UInt64 (of wanted_ids)
-- returns: workspace, trace_id, dimension, judge_id, judge_version, judge_model, rubric, score (NULL: none), label, unscored
SELECT workspace, trace_id, dimension, judge_id, judge_version, judge_model, rubric, score, label, unscored
FROM verdicts
WHERE NOT stale AND unscored != 'not_applicable'
    AND (workspace, trace_id) IN (SELECT workspace, id FROM wanted_ids WHERE round = {round:UInt64})
ORDER BY workspace, trace_id, judge_id, judge_version
