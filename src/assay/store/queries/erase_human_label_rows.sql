-- Removes the rows of an erasure from human_label_rows; labels outlive spans, so they are found by trace and conversation without them too.
-- params: workspace, by (user, conversation, trace), value
DELETE FROM human_label_rows WHERE workspace = {workspace:String} AND (trace_id IN (SELECT trace_id FROM spans WHERE workspace = {workspace:String} AND multiIf({by:String} = 'user', user_id, {by:String} = 'conversation', conversation_id, trace_id) = {value:String}) OR ({by:String} = 'trace' AND trace_id = {value:String}) OR ({by:String} = 'conversation' AND conversation_id = {value:String}))
