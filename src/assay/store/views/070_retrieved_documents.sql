-- One row per document that a retrieval or rerank returned. `selected` is 1 where it was put into the prompt, 0 where not,
-- NULL where the sender did not say; `score` is NULL where it was not sent. The text is in the view texts.
-- columns: workspace, trace_id, span_id, start_time, service, stage, data_source, query (content hash), rank, document_id, score,
-- document_index, document_version, updated_at, selected, text (content hash)
CREATE OR REPLACE VIEW @on_cluster retrieved_documents AS
SELECT
    workspace, trace_id, span_id, start_time, service, stage, data_source,
    retrieval_query AS query,
    rank,
    document_id,
    if(isNaN(raw_score), NULL, raw_score) AS score,
    document_index,
    document_version,
    updated_at,
    if(raw_selected = 2, NULL, raw_selected) AS selected,
    text
FROM spans_live
ARRAY JOIN
    document_ids AS document_id,
    document_ranks AS rank,
    document_scores AS raw_score,
    document_texts AS text,
    document_indexes AS document_index,
    document_versions AS document_version,
    document_updated_at AS updated_at,
    document_selected AS raw_selected
SETTINGS enable_unaligned_array_join = 1;
