-- What people say of traces, for calibration.
-- params: workspace String (empty: all)
-- returns: workspace, trace_id, dimension, source, labeller, value, probability (that the trace was chosen to be labelled; for `drawn_for`
--   that it was judged too), drawn_for, conversation_id
SELECT
    workspace, trace_id, toString(dimension) AS dimension, toString(source) AS source, toString(labeller) AS labeller, value,
    if(probability > 0 AND probability <= 1, probability, 1) AS probability, toString(drawn_for) AS drawn_for, conversation_id
FROM human_labels
WHERE isNotNull(value) AND ({workspace:String} = '' OR workspace = {workspace:String})
ORDER BY workspace, dimension, source, trace_id, labeller
