-- How many of the noted texts nothing refers to any more.
-- params: round UInt64
-- returns: unreferenced
SELECT uniqExact(workspace, hash) AS unreferenced FROM bodies
WHERE (workspace, hash) IN (SELECT workspace, hash FROM wanted_bodies WHERE round = {round:UInt64})
    AND (workspace, hash) NOT IN
    (
        SELECT workspace, arrayJoin(arrayConcat(input_messages, output_messages, tool_call_arguments, document_texts, [system_prompt, question, answer, tool_definitions, response_schema, tool_arguments, tool_result, retrieval_query])) FROM spans
        UNION ALL
        SELECT workspace, arrayJoin(arrayMap(x -> toFixedString(unhex(x), 16), extractAll(concat(attributes, events, links), '"([0-9a-f]{32})"'))) FROM spans_raw
        UNION ALL
        SELECT workspace, arrayJoin(arrayMap(x -> toFixedString(unhex(x), 16), extractAll(concat(attributes, body), '"([0-9a-f]{32})"'))) FROM log_records
        UNION ALL
        SELECT workspace, explanation FROM evaluations
        UNION ALL
        SELECT workspace, resource FROM spans_raw
        UNION ALL
        SELECT workspace, resource FROM log_records
    )
