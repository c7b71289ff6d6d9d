-- Verdicts that count, for estimates: those about the latest revision of a trace that its judge has seen.
-- params: since DateTime64(3), workspace, judge, dimension String (empty: any), by String (service, model, prompt_version, route, release,
--   environment, cohort, or empty), cohort_key String (the label that `cohort` stands for)
-- returns: judge_id, judge_version, dimension, part, score (NULL where there is none), unscored, probability, many (verdicts that are equal
--   in all of these)
SELECT
    judge_id, judge_version, dimension,
    multiIf({by:String} = 'service', toString(service), {by:String} = 'model', toString(model),
        {by:String} = 'prompt_version', toString(prompt_version), {by:String} = 'route', toString(route),
        {by:String} = 'release', toString(release), {by:String} = 'environment', toString(environment),
        {by:String} = 'cohort', toString(cohort[{cohort_key:String}]), '') AS part,
    score, unscored, sampling_probability AS probability, count() AS many
FROM verdicts
WHERE time >= {since:DateTime64(3, 'UTC')} AND NOT stale
    AND ({workspace:String} = '' OR workspace = {workspace:String})
    AND ({judge:String} = '' OR judge_id = {judge:String})
    AND ({dimension:String} = '' OR dimension = {dimension:String})
GROUP BY judge_id, judge_version, dimension, part, score, unscored, probability
ORDER BY judge_id, judge_version, dimension, part, score, unscored, probability
