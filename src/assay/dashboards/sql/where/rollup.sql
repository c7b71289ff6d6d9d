-- Filters of the view rollup. An hour that has begun before the chosen range is shown whole: it is one row.
workspace = ${workspace:singlequote}
AND cohort_key = if(${cohort_key:singlequote} = 'everything', '', ${cohort_key:singlequote})
AND $__conditionalAll(cohort_value IN (${cohort_value:singlequote}), $cohort_value)
AND $__conditionalAll(service IN (${service:singlequote}), $service)
AND $__conditionalAll(model IN (${model:singlequote}), $model)
AND $__conditionalAll(prompt_version IN (${prompt_version:singlequote}), $prompt_version)
AND bucket >= toStartOfHour(toTimeZone($__fromTime, 'UTC')) AND bucket <= $__toTime
