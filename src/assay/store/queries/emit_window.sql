-- Verdicts that were stored in a window and not sent on yet, the oldest first; a verdict that was stored again counts once. What a judge
-- could not be asked is left out.
-- params: since, until DateTime64(3) (when verdicts were stored), slots Array(UInt8), limit UInt32
-- returns: verdict_id, workspace, trace_id, span_id, said_ms (when the judge said it), stored (the row's insertion), dimension, judge_id,
-- judge_version, judge_model, rubric, score (NULL: none), label, unscored, explanation, probability, revision, dataset_version, service,
-- conversation_id, response_id (of the judged call), waiting (how many there are in all)
WITH
    stored AS
    (
        SELECT *
        FROM verdict_rows
        WHERE inserted_at > {since:DateTime64(3, 'UTC')} AND inserted_at <= {until:DateTime64(3, 'UTC')}
            AND unscored != 'not_applicable' AND cityHash64(trace_id) % 64 IN {slots:Array(UInt8)}
    ),
    waiting AS
    (
        SELECT *, count() OVER () AS waiting
        FROM (SELECT * FROM stored ORDER BY version, inserted_at LIMIT 1 BY verdict_id)
        WHERE verdict_id NOT IN (SELECT verdict_id FROM emitted_verdicts WHERE verdict_id IN (SELECT verdict_id FROM stored))
        ORDER BY inserted_at, verdict_id
        LIMIT {limit:UInt32}
    )
SELECT
    lower(hex(w.verdict_id)) AS verdict_id, w.workspace AS workspace, w.trace_id AS trace_id, w.span_id AS span_id, w.version AS said_ms,
    w.inserted_at AS stored, w.dimension AS dimension, w.judge_id AS judge_id, w.judge_version AS judge_version,
    w.judge_model AS judge_model, w.rubric AS rubric, w.score AS score, w.label AS label, w.unscored AS unscored,
    w.explanation AS explanation, w.sampling_probability AS probability, w.revision AS revision, w.dataset_version AS dataset_version,
    w.service AS service, w.conversation_id AS conversation_id, s.response_id AS response_id, w.waiting AS waiting
FROM waiting AS w
LEFT ANY JOIN
(
    SELECT workspace, trace_id, span_id, response_id
    FROM spans
    WHERE response_id != '' AND (workspace, trace_id) IN (SELECT workspace, trace_id FROM waiting)
        AND start_time >= (SELECT min(start_time) - INTERVAL 1 HOUR FROM waiting)
) AS s ON s.workspace = w.workspace AND s.trace_id = w.trace_id AND s.span_id = w.span_id
ORDER BY stored, verdict_id
