-- What people said, the earliest first.
-- params: since, DateTime64(3); workspace, dimension, source, labeller String (empty: any); traces Array(String) (empty: any)
-- returns: the columns of the view human_labels, `time` as time_ms
SELECT
    workspace, trace_id, dimension, source, labeller, value, label, rubric, rubric_of, comment, correction, probability, drawn_for,
    conversation_id, toUnixTimestamp64Milli(time) AS time_ms
FROM human_labels
WHERE time >= {since:DateTime64(3, 'UTC')}
    AND ({workspace:String} = '' OR workspace = {workspace:String})
    AND ({dimension:String} = '' OR dimension = {dimension:String})
    AND ({source:String} = '' OR source = {source:String})
    AND ({labeller:String} = '' OR labeller = {labeller:String})
    AND (empty({traces:Array(String)}) OR trace_id IN {traces:Array(String)})
ORDER BY time_ms, workspace, trace_id, dimension, source, labeller
