-- Evaluation results that others sent, once each.
-- columns: workspace, trace_id, span_id, time, name, score, label, explanation (content hash), source, error_type, response_id
CREATE OR REPLACE VIEW @on_cluster evaluation_results AS
SELECT workspace, trace_id, span_id, time, name, score, label, explanation, source, error_type, response_id
FROM evaluations FINAL;
