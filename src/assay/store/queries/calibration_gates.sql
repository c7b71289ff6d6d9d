-- Where gates stand.
-- params: workspace, judge, dimension String (empty: all)
-- returns: the columns of the view gates but the round
SELECT
    workspace, toString(judge_id) AS judge_id, judge_version, toString(dimension) AS dimension, toString(source) AS source, toString(state) AS state,
    may_alert, decides, since, toString(scale) AS scale, toString(coefficient) AS coefficient, estimate, low, high, items, labellers, ceiling,
    sensitivity, sensitivity_low, sensitivity_high, specificity, specificity_low, specificity_high, threshold, reason, labels_needed,
    coefficients, ceilings, false_positives, false_negatives, toString(judge_model) AS judge_model, toString(rubric) AS rubric
FROM gates
WHERE ({workspace:String} = '' OR workspace = {workspace:String})
    AND ({judge:String} = '' OR judge_id = {judge:String})
    AND ({dimension:String} = '' OR dimension = {dimension:String})
ORDER BY workspace, startsWith(judge_id, 'check:'), judge_id, judge_version, dimension, source
