-- The documents that are returned most: how high, how often used, which versions.
-- returns: document_id, data_source, times, mean_rank, median_score, selected_share, versions, last_updated
SELECT
    document.1 AS document_id,
    data_source,
    count() AS times,
    avg(document.2) AS mean_rank,
    if(countIf(NOT isNaN(document.3)) = 0, NULL, quantileIf(0.5)(document.3, NOT isNaN(document.3))) AS median_score,
    countIf(document.4 = 1) / nullIf(countIf(document.4 < 2), 0) AS selected_share,
    arrayStringConcat(arraySort(groupUniqArrayIf(document.5, document.5 != '')), ', ') AS versions,
    max(document.6) AS last_updated
FROM
(
    SELECT data_source, arrayJoin(arrayZipUnaligned(document_ids, document_ranks, document_scores, document_selected, document_versions, document_updated_at)) AS raw,
        (ifNull(raw.1, ''), ifNull(raw.2, 0), ifNull(raw.3, nan), ifNull(raw.4, 2), ifNull(raw.5, ''), ifNull(raw.6, '')) AS document
    FROM spans_live
    WHERE stage = 'retrieval' AND
        @where spans
)
WHERE document_id != ''
GROUP BY document_id, data_source ORDER BY times DESC LIMIT 100
