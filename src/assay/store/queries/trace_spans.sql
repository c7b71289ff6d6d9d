-- Every span of a trace, once, oldest first; texts as hexadecimal content hashes.
-- params: trace_id String, workspace String (empty: any)
-- returns: identity, place, call, usage, tools, retrieval, guardrails and labels of each span
SELECT
    workspace, span_id, parent_span_id, toUnixTimestamp64Nano(start_time) AS start_ns, duration_ns, clock_flags,
    service, release, environment, dialect, name, stage, operation, status, status_message, error_type, error_class, http_status,
    provider, model, request_model, streaming, finish_reasons, time_to_first_token_ns, retry_count, parse_fallback,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, usage_role, twin_of, cost_usd,
    counts, cost, prompt_name, prompt_version, request_parameters,
    hex(question) AS question, hex(answer) AS answer, hex(system_prompt) AS system_prompt, content_captured, log_records,
    tool_name, tool_call_id, hex(tool_arguments) AS tool_arguments, hex(tool_result) AS tool_result,
    tool_call_names, tool_call_ids, arrayMap(x -> hex(x), tool_call_arguments) AS tool_call_arguments,
    hex(retrieval_query) AS retrieval_query, retrieval_top_k, data_source,
    document_ids, document_ranks, arrayMap(x -> if(isFinite(x), x, NULL), document_scores) AS document_scores,
    arrayMap(x -> hex(x), document_texts) AS document_texts, document_versions, document_updated_at, document_selected,
    guardrail_names, guardrail_verdicts,
    request_id, conversation_id, user_id, agent_name, feature, route, workflow, intent, outcome, cohort_keys, cohort_values
FROM spans_live
WHERE trace_id = {trace_id:String} AND ({workspace:String} = '' OR workspace = {workspace:String})
ORDER BY workspace, start_time, span_id
