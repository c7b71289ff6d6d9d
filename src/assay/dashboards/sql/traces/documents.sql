-- What one trace retrieved, best first, with the text.
-- returns: span_id, stage, rank, document_id, score, selected, document_version, updated_at, text
WITH
    (
        SELECT groupArray((start_time, span_id, toString(stage), rank, document_id, score, selected, document_version, updated_at, text))
        FROM
        (
            SELECT * FROM retrieved_documents
            WHERE workspace = ${workspace:singlequote} AND trace_id = ${trace:singlequote}
            LIMIT 500
        )
    ) AS found
SELECT one.2 AS span_id, one.3 AS stage, one.4 AS rank, one.5 AS document_id, one.6 AS score, one.7 AS selected, one.8 AS document_version, one.9 AS updated_at, texts.text AS text
FROM (SELECT arrayJoin(found) AS one) AS ones
LEFT ANY JOIN (SELECT hash, text FROM texts WHERE workspace = ${workspace:singlequote} AND hash IN arrayMap(x -> x.10, found)) AS texts ON texts.hash = one.10
ORDER BY one.1, span_id, rank
