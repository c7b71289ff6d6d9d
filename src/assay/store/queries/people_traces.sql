-- Which of these traces have settled here, and the conversation of each.
-- params: traces Array(String)
-- returns: workspace, trace_id, conversation_id
SELECT workspace, trace_id, max(conversation_id) AS conversation_id
FROM trace_labels
WHERE trace_id IN {traces:Array(String)} AND retracted = 0
GROUP BY workspace, trace_id
ORDER BY workspace, trace_id
