-- Each index: retrievals, documents a retrieval, empty ones, scores, the share of documents that went into the prompt.
-- returns: service, data_source, retrievals, documents_each, empty, median_best_score, selected_share, p95_ms
WITH arrayFilter(x -> NOT isNaN(x), document_scores) AS scores
SELECT
    service, data_source,
    count() AS retrievals,
    avg(length(document_ids)) AS documents_each,
    countIf(empty(document_ids)) / count() AS empty,
    if(countIf(notEmpty(scores)) = 0, NULL, quantileIf(0.5)(arrayMax(scores), notEmpty(scores))) AS median_best_score,
    sum(arrayCount(x -> x = 1, document_selected)) / nullIf(sum(arrayCount(x -> x < 2, document_selected)), 0) AS selected_share,
    quantile(0.95)(duration_ms) AS p95_ms
FROM spans_live
WHERE stage IN ('retrieval', 'rerank') AND
    @where spans
GROUP BY service, data_source ORDER BY retrievals DESC LIMIT 100
