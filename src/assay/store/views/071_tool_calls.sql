-- One row per tool execution and per tool call that a model asked for. `executed` is 1 for the execution's own span.
-- `offered` is 1 where the tool was among those offered to the model, NULL where the offer was not captured.
-- columns: workspace, trace_id, span_id, start_time, service, executed, tool_name, call_id, arguments, result (content hashes),
-- duration_ms, status, error_type, offered
CREATE OR REPLACE VIEW @on_cluster tool_calls AS
SELECT
    workspace, trace_id, span_id, start_time, service, toUInt8(1) AS executed, tool_name, tool_call_id AS call_id,
    tool_arguments AS arguments, tool_result AS result, duration_ms, status, error_type, CAST(NULL, 'Nullable(UInt8)') AS offered
FROM spans_live
WHERE stage = 'tool' AND tool_name != ''
UNION ALL
SELECT
    workspace, trace_id, span_id, start_time, service, toUInt8(0) AS executed, name AS tool_name, id AS call_id,
    arguments, toFixedString('', 16) AS result, duration_ms, status, error_type,
    if(empty(tool_definition_names), NULL, has(tool_definition_names, name)) AS offered
FROM
(
    SELECT
        workspace, trace_id, span_id, start_time, service, duration_ms, status, error_type, tool_definition_names,
        tool_call_names, tool_call_ids, tool_call_arguments
    FROM spans_live
    WHERE usage_role IN ('', 'own') AND notEmpty(tool_call_names)
)
ARRAY JOIN tool_call_names AS name, tool_call_ids AS id, tool_call_arguments AS arguments
SETTINGS enable_unaligned_array_join = 1;
