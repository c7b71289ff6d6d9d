-- What diagnosis lacks, by service and stage, in the last hour of the range: share of spans that carry it.
-- returns: service, stage, spans, model, tokens, cost, content, prompt_version, document_ids, tool_arguments
SELECT
    service, stage, count() AS spans,
    if(stage IN ('generation', 'embedding'), countIf(s.model != '') / spans, NULL) AS model,
    if(stage IN ('generation', 'embedding'), countIf(isNotNull(input_tokens) AND isNotNull(output_tokens)) / spans, NULL) AS tokens,
    if(stage IN ('generation', 'embedding'), countIf(isNotNull(cost_usd)) / spans, NULL) AS cost,
    if(stage = 'generation', countIf(content_captured = 1) / spans, NULL) AS content,
    if(stage = 'generation', countIf(s.prompt_version != '') / spans, NULL) AS prompt_version,
    if(stage IN ('retrieval', 'rerank'), countIf(arrayExists(x -> x != '', s.document_ids)) / spans, NULL) AS document_ids,
    if(stage = 'tool', countIf(s.tool_arguments != toFixedString('', 16)) / spans, NULL) AS tool_arguments
FROM spans_live AS s
WHERE workspace = ${workspace:singlequote} AND start_time >= $__toTime - INTERVAL 1 HOUR AND start_time <= $__toTime
    AND stage IN ('generation', 'embedding', 'retrieval', 'rerank', 'tool')
GROUP BY service, stage ORDER BY service, stage
