-- Verdicts that count, of traces that people labelled in the same dimension.
-- params: since DateTime64(3), workspace, judge, dimension, by, cohort_key String (as of quality_verdicts)
-- returns: workspace, trace_id, judge_id, judge_version, dimension, part, score, probability
SELECT
    v.workspace AS workspace, v.trace_id AS trace_id, toString(judge_id) AS judge_id, judge_version, toString(v.dimension) AS dimension,
    multiIf({by:String} = 'service', toString(service), {by:String} = 'model', toString(model),
        {by:String} = 'prompt_version', toString(prompt_version), {by:String} = 'route', toString(route),
        {by:String} = 'release', toString(release), {by:String} = 'environment', toString(environment),
        {by:String} = 'cohort', toString(cohort[{cohort_key:String}]), '') AS part,
    assumeNotNull(v.score) AS score, sampling_probability AS probability
FROM verdicts AS v
WHERE time >= {since:DateTime64(3, 'UTC')} AND NOT stale AND isNotNull(v.score)
    AND (v.workspace, v.trace_id, v.dimension) IN (SELECT workspace, trace_id, dimension FROM human_labels WHERE isNotNull(value))
    AND ({workspace:String} = '' OR v.workspace = {workspace:String})
    AND ({judge:String} = '' OR v.judge_id = {judge:String})
    AND ({dimension:String} = '' OR v.dimension = {dimension:String})
ORDER BY workspace, judge_id, judge_version, dimension, trace_id
