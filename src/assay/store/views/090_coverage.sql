-- What diagnosis lacks, by service, dialect and stage: of `spans` spans of that stage, how many carry each attribute that finding a
-- cause needs. What is not instrumented cannot be seen. `assay doctor` turns the gaps into lines of instrumentation.
-- columns: workspace, day, service, dialect, stage, spans, with_model, with_tokens, with_cost, with_content, with_prompt_version,
-- with_finish_reason, with_conversation, with_document_ids, with_document_scores, with_document_texts, with_query,
-- with_tool_arguments, with_tool_result, with_error_type (of the errors), errors
CREATE OR REPLACE VIEW @on_cluster coverage AS
SELECT
    workspace, toDate(start_time) AS day, service, dialect, stage,
    count() AS spans,
    countIf(model != '') AS with_model,
    countIf(isNotNull(input_tokens) AND isNotNull(output_tokens)) AS with_tokens,
    countIf(isNotNull(cost_usd)) AS with_cost,
    countIf(content_captured = 1) AS with_content,
    countIf(prompt_version != '') AS with_prompt_version,
    countIf(notEmpty(finish_reasons)) AS with_finish_reason,
    countIf(conversation_id != '') AS with_conversation,
    countIf(arrayExists(x -> x != '', document_ids)) AS with_document_ids,
    countIf(arrayExists(x -> NOT isNaN(x), document_scores)) AS with_document_scores,
    countIf(arrayExists(x -> x != toFixedString('', 16), document_texts)) AS with_document_texts,
    countIf(retrieval_query != toFixedString('', 16)) AS with_query,
    countIf(tool_arguments != toFixedString('', 16)) AS with_tool_arguments,
    countIf(tool_result != toFixedString('', 16)) AS with_tool_result,
    countIf(status = 'error' AND error_type != '') AS with_error_type,
    countIf(status = 'error') AS errors
FROM spans_live
WHERE stage IN ('generation', 'embedding', 'retrieval', 'rerank', 'tool', 'agent', 'guardrail')
GROUP BY workspace, day, service, dialect, stage;
