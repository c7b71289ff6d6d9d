-- One row per model call: chat, completion and embedding calls with their latency, tokens and cost. Twin reports of one call
-- and parents that repeat their children are left out, so that counting rows counts calls.
-- columns: those of spans_live
CREATE OR REPLACE VIEW @on_cluster generations AS
SELECT * FROM spans_live
WHERE stage IN ('generation', 'embedding') AND usage_role IN ('', 'own');
