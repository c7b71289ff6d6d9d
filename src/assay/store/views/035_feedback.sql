-- What people said of answers, once each. `kind` is thumb, stars, score, text, correction or outcome; `value` is 0 (bad) to 1 (good), NULL where
-- the statement is no rating; `outcome` is success, failure, escalated or abandoned. `superseded` is 1 where the same author has later said
-- something else of the same kind about the same thing. Filter by trace_id or by workspace where you can.
-- columns: workspace, trace_id, span_id (empty: the whole trace), time, kind, value, outcome, comment, correction, source (end_user, expert),
-- author, response_id, superseded, feedback_id (hex)
CREATE OR REPLACE VIEW @on_cluster feedback AS
SELECT
    workspace, trace_id, span_id, time, kind, value, outcome, comment, correction, source, author, response_id,
    kind != 'text' AND (time, f.feedback_id) < max((time, f.feedback_id)) OVER (PARTITION BY workspace, trace_id, span_id, source, author, kind) AS superseded,
    lower(hex(f.feedback_id)) AS feedback_id
FROM feedback_rows AS f FINAL
WHERE trace_id != '';
