-- What one trace retrieved, best first, with the text.
-- returns: span_id, stage, rank, document_id, score, selected, document_version, updated_at, text
WITH found AS
(
    SELECT start_time, span_id, stage, rank, document_id, score, selected, document_version, updated_at, text AS hash
    FROM retrieved_documents
    WHERE workspace = ${workspace:singlequote} AND trace_id = ${trace:singlequote}
    LIMIT 500
)
SELECT span_id, stage, rank, document_id, score, selected, document_version, updated_at, texts.text AS text
FROM found LEFT ANY JOIN
(
    SELECT hash, text FROM texts WHERE workspace = ${workspace:singlequote} AND hash IN (SELECT hash FROM found)
) AS texts ON texts.hash = found.hash
ORDER BY start_time, span_id, rank
