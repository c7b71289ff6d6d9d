-- Removes the rows of an erasure from probe_items; they outlive spans, so a trace is found without them too.
-- params: workspace, by (user, conversation, trace), value
DELETE FROM probe_items WHERE workspace = {workspace:String} AND (trace_id IN (SELECT trace_id FROM spans WHERE workspace = {workspace:String} AND multiIf({by:String} = 'user', user_id, {by:String} = 'conversation', conversation_id, trace_id) = {value:String}) OR ({by:String} = 'trace' AND trace_id = {value:String}))
