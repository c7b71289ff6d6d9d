-- What people said of a trace and still hold, oldest first.
-- params: trace_id String, workspace String
-- returns: time_ns, span_id, kind, value, outcome, comment, correction, source, author
SELECT toUnixTimestamp64Nano(time) AS time_ns, span_id, kind, value, outcome, comment, correction, source, author
FROM feedback
WHERE trace_id = {trace_id:String} AND workspace = {workspace:String} AND superseded = 0
ORDER BY time, feedback_id
