-- Scores of traces that people labelled in the same dimension: what each judge version says of the latest revision that it has seen, and
-- what it said of the probe set.
-- params: workspace String (empty: all)
-- returns: workspace, trace_id, dimension, judge_id, judge_version, judge_model, rubric, score, probability (that the judge saw the trace)
WITH wanted AS
(
    SELECT workspace, trace_id, dimension FROM human_label_rows
    WHERE {workspace:String} = '' OR workspace = {workspace:String}
)
SELECT
    workspace, trace_id, toString(dimension) AS dimension, toString(judge_id) AS judge_id, judge_version, toString(judge_model) AS judge_model,
    toString(rubric) AS rubric, assumeNotNull(said) AS score, probability
FROM
(
    SELECT
        workspace, trace_id, dimension, judge_id, judge_version, judge_model, rubric, score AS said, sampling_probability AS probability,
        0 AS is_probe
    FROM verdict_rows FINAL
    WHERE (workspace, trace_id, dimension) IN (SELECT workspace, trace_id, dimension FROM wanted)
    ORDER BY revision DESC
    LIMIT 1 BY workspace, trace_id, judge_id, judge_version, dimension
    UNION ALL
    -- The probe set was labelled before the judge was asked: it sees all of it.
    SELECT
        workspace, trace_id, dimension, judge_id, judge_version, judge_model, rubric, score AS said, toFloat64(1) AS probability, 1 AS is_probe
    FROM probe_verdicts FINAL
    WHERE (workspace, trace_id, dimension) IN (SELECT workspace, trace_id, dimension FROM wanted)
)
WHERE isNotNull(said)
ORDER BY workspace, judge_id, judge_version, dimension, judge_model, rubric, trace_id, is_probe
