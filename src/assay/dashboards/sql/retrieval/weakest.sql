-- Retrievals that found nothing, or only documents with a low score, worst first, with the query.
-- returns: trace_id, start_time, service, data_source, documents, best_score, query
WITH weakest AS
(
    SELECT
        trace_id, start_time, service, data_source, retrieval_query, length(document_ids) AS documents,
        arrayMax(arrayFilter(x -> NOT isNaN(x), document_scores)) AS best_score
    FROM spans_live
    WHERE stage = 'retrieval' AND (empty(document_ids) OR arrayExists(x -> NOT isNaN(x), document_scores)) AND
        @where spans
    ORDER BY documents > 0, best_score LIMIT 50
)
SELECT trace_id, start_time, service, data_source, documents, if(documents = 0, NULL, best_score) AS best_score, texts.text AS query
FROM weakest LEFT ANY JOIN
(
    SELECT hash, text FROM texts WHERE workspace = ${workspace:singlequote} AND hash IN (SELECT retrieval_query FROM weakest)
) AS texts ON texts.hash = weakest.retrieval_query
ORDER BY documents > 0, best_score, start_time DESC
