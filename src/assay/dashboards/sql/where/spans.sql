-- Filters of spans_live. A route is usually known to the first span of a trace only, so it keeps whole traces.
workspace = ${workspace:singlequote}
AND $__timeFilter(start_time)
AND $__conditionalAll(service IN (${service:singlequote}), $service)
AND $__conditionalAll(environment IN (${environment:singlequote}), $environment)
AND $__conditionalAll(cohort['tenant'] IN (${tenant:singlequote}), $tenant)
AND $__conditionalAll(trace_id IN (SELECT trace_id FROM spans_live WHERE workspace = ${workspace:singlequote} AND $__timeFilter(start_time) AND route IN (${route:singlequote})), $route)
