-- Removes the rows of an erasure from asked_questions.
-- params: workspace, by (user, conversation, trace), value
DELETE FROM asked_questions WHERE workspace = {workspace:String} AND trace_id IN (SELECT trace_id FROM spans WHERE workspace = {workspace:String} AND multiIf({by:String} = 'user', user_id, {by:String} = 'conversation', conversation_id, trace_id) = {value:String})
