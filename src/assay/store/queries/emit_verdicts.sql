-- Verdicts by id, as they were first said, with the id of the judged response.
-- params: ids Array(String) (hexadecimal); from, to DateTime64(9) (start of their traces)
-- returns: verdict_id, workspace, trace_id, span_id, said_ms (when the judge said it), dimension, judge_id, judge_version, judge_model, rubric,
-- score (NULL: none), label, unscored, explanation, probability, revision, dataset_version, service, conversation_id, response_id
WITH said AS
(
    SELECT *
    FROM verdict_rows
    WHERE start_time >= {from:DateTime64(9, 'UTC')} AND start_time <= {to:DateTime64(9, 'UTC')}
        AND verdict_id IN (SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))
    ORDER BY version, inserted_at
    LIMIT 1 BY verdict_id
)
SELECT
    lower(hex(v.verdict_id)) AS verdict_id, v.workspace AS workspace, v.trace_id AS trace_id, v.span_id AS span_id, v.version AS said_ms,
    v.dimension AS dimension, v.judge_id AS judge_id, v.judge_version AS judge_version, v.judge_model AS judge_model,
    v.rubric AS rubric, v.score AS score, v.label AS label, v.unscored AS unscored, v.explanation AS explanation,
    v.sampling_probability AS probability, v.revision AS revision, v.dataset_version AS dataset_version, v.service AS service,
    v.conversation_id AS conversation_id, s.response_id AS response_id
FROM said AS v
LEFT ANY JOIN
(
    SELECT workspace, trace_id, span_id, response_id
    FROM spans
    WHERE response_id != '' AND start_time >= {from:DateTime64(9, 'UTC')} - INTERVAL 1 HOUR
        AND start_time <= {to:DateTime64(9, 'UTC')} + INTERVAL 1 DAY AND (workspace, trace_id) IN (SELECT workspace, trace_id FROM said)
) AS s ON s.workspace = v.workspace AND s.trace_id = v.trace_id AND s.span_id = v.span_id
ORDER BY verdict_id
