-- Every span of the wanted traces, once, in any order: what trace checks read of them.
-- params: round UInt64 (of wanted_ids); from, to DateTime64(9) (start of spans)
-- returns: workspace, trace_id, start_ns, dialect, and the canonical columns of assay.checks.trace.TraceSpan
SELECT
    workspace, trace_id, toUnixTimestamp64Nano(start_time) AS start_ns, dialect,
    span_id, parent_span_id, duration_ns, version, name, status, status_message, error_type, error_class, operation,
    stage, service, release, environment, provider, request_model, response_model, finish_reasons,
    time_to_first_token_ns, input_tokens, output_tokens, cache_read_tokens, usage_role, input_messages,
    output_messages, system_prompt, question, answer, prompt_version, tool_definition_names, tool_call_names,
    tool_call_arguments, tool_name, tool_arguments, tool_result, retrieval_query, data_source, document_ids,
    document_scores, document_texts, document_versions, document_updated_at, document_selected, conversation_id,
    user_id, route, outcome, cohort_keys, cohort_values
FROM spans FINAL
WHERE start_time >= {from:DateTime64(9, 'UTC')} AND start_time <= {to:DateTime64(9, 'UTC')}
    AND (workspace, trace_id) IN (SELECT workspace, id FROM wanted_ids WHERE round = {round:UInt64})
SETTINGS do_not_merge_across_partitions_select_final = 1, use_skip_indexes = 0
