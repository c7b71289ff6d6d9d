-- Texts by content hash: messages (JSON of the OpenTelemetry GenAI convention), prompts, tool definitions, arguments,
-- results, queries, documents. Join by hash: `SELECT text FROM texts WHERE hash = (SELECT answer FROM ...)`.
-- columns: workspace, hash, kind, text
CREATE OR REPLACE VIEW @on_cluster texts AS
SELECT workspace, hash, any(b.kind) AS kind, any(b.text) AS text
FROM bodies AS b
GROUP BY workspace, hash;
