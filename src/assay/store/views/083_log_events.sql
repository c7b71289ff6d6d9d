-- GenAI log records, once each, as they were sent; long values are references to texts.
-- columns: workspace, trace_id, span_id, time, event_name, severity, scope_name, service, body, attributes
CREATE OR REPLACE VIEW @on_cluster log_events AS
SELECT workspace, trace_id, span_id, time, event_name, severity, scope_name, service, body, attributes
FROM log_records FINAL
WHERE adopted = 0;
