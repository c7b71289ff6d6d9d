-- What was sent, once per span: attributes, events and links as JSON; long values are references to texts.
-- columns: workspace, trace_id, span_id, start_time, attributes, events, links, trace_state, resource (content hash)
CREATE OR REPLACE VIEW @on_cluster raw_spans AS
SELECT workspace, trace_id, span_id, start_time, attributes, events, links, trace_state, resource
FROM spans_raw FINAL;
