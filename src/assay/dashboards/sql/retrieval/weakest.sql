-- Retrievals that found nothing, or only documents with a low score, worst first, with the query. Candidates come from rows that may be
-- replaced; what is shown is not.
-- returns: trace_id, start_time, service, data_source, documents, best_score, query
WITH
    (
        SELECT groupArray(one)
        FROM
        (
            SELECT tuple(
                trace_id, start_time, toString(service), toString(data_source), length(document_ids),
                if(empty(document_ids), NULL, arrayMax(arrayFilter(x -> NOT isNaN(x), document_scores))), retrieval_query) AS one
            FROM spans_live
            WHERE stage = 'retrieval' AND (empty(document_ids) OR arrayExists(x -> NOT isNaN(x), document_scores)) AND trace_id IN
                (
                    SELECT trace_id
                    FROM span_rows
                    WHERE stage = 'retrieval' AND (empty(document_ids) OR arrayExists(x -> NOT isNaN(x), document_scores)) AND
                        @where spans
                    ORDER BY notEmpty(document_ids), arrayMax(arrayFilter(x -> NOT isNaN(x), document_scores)) LIMIT 150
                ) AND
                @where spans
            ORDER BY one.5 > 0, one.6 LIMIT 50
        )
    ) AS weakest
SELECT one.1 AS trace_id, one.2 AS start_time, one.3 AS service, one.4 AS data_source, one.5 AS documents, one.6 AS best_score, texts.text AS query
FROM (SELECT arrayJoin(weakest) AS one) AS ones
LEFT ANY JOIN (SELECT hash, text FROM texts WHERE workspace = ${workspace:singlequote} AND hash IN arrayMap(x -> x.7, weakest)) AS texts ON texts.hash = one.7
ORDER BY documents > 0, best_score, start_time DESC
