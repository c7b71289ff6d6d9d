-- What diagnosis lacks, by service and stage: share of spans that carry it.
-- returns: service, stage, spans, model, tokens, cost, content, prompt_version, document_ids, tool_arguments
SELECT
    service, stage, sum(c.spans) AS spans,
    if(stage IN ('generation', 'embedding'), sum(with_model) / spans, NULL) AS model,
    if(stage IN ('generation', 'embedding'), sum(with_tokens) / spans, NULL) AS tokens,
    if(stage IN ('generation', 'embedding'), sum(with_cost) / spans, NULL) AS cost,
    if(stage = 'generation', sum(with_content) / spans, NULL) AS content,
    if(stage = 'generation', sum(with_prompt_version) / spans, NULL) AS prompt_version,
    if(stage IN ('retrieval', 'rerank'), sum(with_document_ids) / spans, NULL) AS document_ids,
    if(stage = 'tool', sum(with_tool_arguments) / spans, NULL) AS tool_arguments
FROM coverage AS c
WHERE workspace = ${workspace:singlequote} AND $__dateFilter(day)
GROUP BY service, stage ORDER BY service, stage
