-- Traces that fit every given condition, worst first: errors, then the slowest. A condition is met by any span of the trace.
-- params: workspace, request, user, conversation, model, service, label_key, label_value String (empty: any), words String (empty: any;
--   all of them in one message, whatever their case), slow_ms and expensive_usd Float64 (0: any), errors_only UInt8,
--   since DateTime64(3), limit UInt32
-- returns: trace_id, workspace, start_time, duration_ms, service, root_name, models, model_calls, spans, errors, error_type,
--   input_tokens, output_tokens, cost_usd, user_id, conversation_id, question (hexadecimal)
SELECT
    trace_id, workspace, start_time, duration_ms, service, root_name, models, model_calls, spans, errors, error_type,
    input_tokens, output_tokens, cost_usd, user_id, conversation_id, hex(question) AS question_hash
FROM traces
WHERE (workspace, trace_id) IN
(
    WITH found AS
    (
        SELECT hash FROM bodies
        WHERE {words:String} != '' AND kind = 'message'
            AND hasAllTokens(if(kind = 'message', text, ''), lower({words:String}))
    )
    SELECT workspace, trace_id
    FROM spans_live
    WHERE start_time >= {since:DateTime64(3, 'UTC')} AND ({workspace:String} = '' OR workspace = {workspace:String})
    GROUP BY workspace, trace_id
    HAVING
        ({request:String} = '' OR countIf(request_id = {request:String} OR response_id = {request:String}) > 0)
        AND ({user:String} = '' OR countIf(user_id = {user:String}) > 0)
        AND ({conversation:String} = '' OR countIf(conversation_id = {conversation:String}) > 0)
        AND ({model:String} = '' OR countIf(request_model = {model:String} OR response_model = {model:String}) > 0)
        AND ({service:String} = '' OR countIf(service = {service:String}) > 0)
        AND ({label_key:String} = '' OR countIf(cohort[{label_key:String}] = {label_value:String}) > 0)
        AND ({words:String} = '' OR countIf(question IN (SELECT hash FROM found) OR answer IN (SELECT hash FROM found)) > 0)
        AND ({errors_only:UInt8} = 0 OR countIf(status = 'error') > 0)
)
AND ({slow_ms:Float64} = 0 OR duration_ms >= {slow_ms:Float64})
AND ({expensive_usd:Float64} = 0 OR cost_usd >= {expensive_usd:Float64})
ORDER BY errors > 0 DESC, duration_ms DESC, trace_id
LIMIT {limit:UInt32}
