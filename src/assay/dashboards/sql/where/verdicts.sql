-- Filters of the view verdicts. Verdicts about an earlier revision of a trace do not count.
NOT stale
AND workspace = ${workspace:singlequote}
AND $__timeFilter(time)
AND (${cohort_key:singlequote} = 'everything' OR mapContains(cohort, ${cohort_key:singlequote}))
AND $__conditionalAll(cohort[${cohort_key:singlequote}] IN (${cohort_value:singlequote}), $cohort_value)
AND $__conditionalAll(service IN (${service:singlequote}), $service)
AND $__conditionalAll(model IN (${model:singlequote}), $model)
AND $__conditionalAll(prompt_version IN (${prompt_version:singlequote}), $prompt_version)
