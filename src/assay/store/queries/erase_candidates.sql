-- Notes the texts that the rows of an erasure refer to, before the rows go.
-- params: workspace, by (user, conversation, trace), value, round UInt64
INSERT INTO wanted_bodies (round, workspace, hash)
SELECT DISTINCT {round:UInt64}, workspace, hash
FROM
(
    SELECT workspace, arrayJoin(arrayConcat(input_messages, output_messages, tool_call_arguments, document_texts, [system_prompt, question, answer, tool_definitions, response_schema, tool_arguments, tool_result, retrieval_query])) AS hash FROM spans WHERE (workspace, trace_id) IN (SELECT workspace, trace_id FROM spans WHERE workspace = {workspace:String} AND multiIf({by:String} = 'user', user_id, {by:String} = 'conversation', conversation_id, trace_id) = {value:String})
    UNION ALL
    SELECT workspace, arrayJoin(arrayMap(x -> toFixedString(unhex(x), 16), extractAll(concat(attributes, events, links), '"([0-9a-f]{32})"'))) AS hash FROM spans_raw WHERE (workspace, trace_id) IN (SELECT workspace, trace_id FROM spans WHERE workspace = {workspace:String} AND multiIf({by:String} = 'user', user_id, {by:String} = 'conversation', conversation_id, trace_id) = {value:String})
    UNION ALL
    SELECT workspace, arrayJoin(arrayMap(x -> toFixedString(unhex(x), 16), extractAll(concat(attributes, body), '"([0-9a-f]{32})"'))) AS hash
    FROM log_records WHERE (workspace, trace_id) IN (SELECT workspace, trace_id FROM spans WHERE workspace = {workspace:String} AND multiIf({by:String} = 'user', user_id, {by:String} = 'conversation', conversation_id, trace_id) = {value:String})
    UNION ALL
    SELECT workspace, explanation AS hash FROM evaluations WHERE (workspace, trace_id) IN (SELECT workspace, trace_id FROM spans WHERE workspace = {workspace:String} AND multiIf({by:String} = 'user', user_id, {by:String} = 'conversation', conversation_id, trace_id) = {value:String})
    UNION ALL
    SELECT workspace, resource AS hash FROM spans_raw WHERE (workspace, trace_id) IN (SELECT workspace, trace_id FROM spans WHERE workspace = {workspace:String} AND multiIf({by:String} = 'user', user_id, {by:String} = 'conversation', conversation_id, trace_id) = {value:String})
    UNION ALL
    SELECT workspace, resource AS hash FROM log_records WHERE (workspace, trace_id) IN (SELECT workspace, trace_id FROM spans WHERE workspace = {workspace:String} AND multiIf({by:String} = 'user', user_id, {by:String} = 'conversation', conversation_id, trace_id) = {value:String})
)
