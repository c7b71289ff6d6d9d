-- Earlier rounds of calibration, oldest first.
-- params: workspace String (empty: all)
-- returns: workspace, judge_id, judge_version, dimension, source, round, judge_model, rubric, state, event, items, inputs
SELECT
    workspace, toString(judge_id) AS judge_id, judge_version, toString(dimension) AS dimension, toString(source) AS source, round,
    toString(judge_model) AS judge_model, toString(rubric) AS rubric, toString(state) AS state, toString(event) AS event, items, inputs
FROM calibration_rows FINAL
WHERE {workspace:String} = '' OR workspace = {workspace:String}
ORDER BY at, judge_version, round
