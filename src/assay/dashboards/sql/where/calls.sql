-- The filters of where/rollup.sql for spans_live.
workspace = ${workspace:singlequote}
AND $__timeFilter(start_time)
AND (${cohort_key:singlequote} = 'everything' OR has(cohort_keys, ${cohort_key:singlequote}))
AND $__conditionalAll(cohort[${cohort_key:singlequote}] IN (${cohort_value:singlequote}), $cohort_value)
AND $__conditionalAll(service IN (${service:singlequote}), $service)
AND $__conditionalAll(model IN (${model:singlequote}), $model)
AND $__conditionalAll(prompt_version IN (${prompt_version:singlequote}), $prompt_version)
