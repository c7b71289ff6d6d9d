-- Asks for the rollups of the touched time to be built again.
-- params: workspace, by (user, conversation, trace), value
INSERT INTO rollup_requests (bucket)
SELECT DISTINCT toStartOfFiveMinutes(start_time) FROM spans WHERE (workspace, trace_id) IN (SELECT workspace, trace_id FROM spans WHERE workspace = {workspace:String} AND multiIf({by:String} = 'user', user_id, {by:String} = 'conversation', conversation_id, trace_id) = {value:String})
