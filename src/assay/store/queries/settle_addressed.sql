-- Gives feedback that names an answer by the provider's id to the trace of that answer: feedback that was stored in the window, and feedback
-- that waits for spans which were. Of several spans with that id the earliest counts. Done again, it changes nothing.
-- params: since, until DateTime64(3) (insertions)
INSERT INTO feedback_rows (workspace, trace_id, feedback_id, span_id, response_id, time, kind, value, outcome, comment, correction, source, author)
WITH waiting AS
(
    SELECT workspace, feedback_id, response_id, f.time AS time, kind, value, outcome, comment, correction, source, author
    FROM feedback_rows AS f FINAL
    WHERE trace_id = ''
        AND
        (
            (inserted_at > {since:DateTime64(3, 'UTC')} AND inserted_at <= {until:DateTime64(3, 'UTC')})
            OR response_id IN (SELECT response_id FROM spans WHERE inserted_at > {since:DateTime64(3, 'UTC')} AND response_id != '')
        )
)
SELECT
    waiting.workspace AS workspace, answer.1 AS trace_id, feedback_id, answer.2 AS span_id, response_id, time, kind, value, outcome, comment,
    correction, source, author
FROM waiting
INNER JOIN
(
    SELECT workspace, response_id, argMin((trace_id, span_id), (start_time, trace_id, span_id)) AS answer
    FROM spans
    WHERE response_id IN (SELECT response_id FROM waiting)
    GROUP BY workspace, response_id
) AS found ON found.workspace = waiting.workspace AND found.response_id = waiting.response_id
WHERE (waiting.workspace, answer.1, feedback_id) NOT IN
    (SELECT workspace, trace_id, feedback_id FROM feedback_rows WHERE trace_id != '' AND response_id IN (SELECT response_id FROM waiting))
