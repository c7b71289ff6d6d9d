-- Spans that an erasure will remove: all spans of every trace that carries the user, conversation or trace id.
-- params: workspace, by (user, conversation, trace), value
-- returns: spans
SELECT count() AS spans FROM spans FINAL WHERE (workspace, trace_id) IN (SELECT workspace, trace_id FROM spans WHERE workspace = {workspace:String} AND multiIf({by:String} = 'user', user_id, {by:String} = 'conversation', conversation_id, trace_id) = {value:String})
