-- What diagnosis lacks by service, dialect and stage.
-- params: workspace String (empty: any), since Date
-- returns: service, dialect, stage, spans, errors and how many spans carry each attribute
SELECT
    service, dialect, stage, sum(c.spans) AS spans, sum(c.errors) AS errors,
    sum(c.with_model) AS with_model, sum(c.with_tokens) AS with_tokens, sum(c.with_content) AS with_content,
    sum(c.with_prompt_version) AS with_prompt_version, sum(c.with_finish_reason) AS with_finish_reason,
    sum(c.with_conversation) AS with_conversation,
    sum(c.with_document_ids) AS with_document_ids, sum(c.with_document_scores) AS with_document_scores,
    sum(c.with_document_texts) AS with_document_texts, sum(c.with_query) AS with_query,
    sum(c.with_tool_arguments) AS with_tool_arguments, sum(c.with_tool_result) AS with_tool_result,
    sum(c.with_error_type) AS with_error_type
FROM coverage AS c
WHERE day >= {since:Date} AND ({workspace:String} = '' OR workspace = {workspace:String})
GROUP BY service, dialect, stage
ORDER BY service, stage, dialect
