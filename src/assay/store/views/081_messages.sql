-- One row per message of a model call, in order, with its text. Heavy on long ranges: select a trace or a few spans.
-- columns: workspace, trace_id, span_id, start_time, direction (input, output), position (1-based), role, text (text parts
-- joined), message (JSON of the OpenTelemetry GenAI convention)
CREATE OR REPLACE VIEW @on_cluster messages AS
SELECT
    workspace, trace_id, span_id, start_time, direction, position,
    JSONExtractString(message, 'role') AS role,
    arrayStringConcat(arrayFilter(x -> x != '', arrayMap(part -> JSONExtractString(part, 'content'), JSONExtractArrayRaw(message, 'parts'))), '\n') AS text,
    message
FROM
(
    SELECT workspace, trace_id, span_id, start_time, direction, position, body.text AS message
    FROM
    (
        SELECT workspace, trace_id, span_id, start_time, 'input' AS direction, position, hash
        FROM spans_live ARRAY JOIN input_messages AS hash, arrayEnumerate(input_messages) AS position
        UNION ALL
        SELECT workspace, trace_id, span_id, start_time, 'output' AS direction, position, hash
        FROM spans_live ARRAY JOIN output_messages AS hash, arrayEnumerate(output_messages) AS position
    ) AS refs
    LEFT ANY JOIN bodies AS body ON body.workspace = refs.workspace AND body.hash = refs.hash
);
