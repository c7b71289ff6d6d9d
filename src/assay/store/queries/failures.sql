-- What is failing: one row a label, the most traces first, with the denominator of its checks together (spans,
-- or traces for what only a whole trace shows), since when and where.
-- params: since DateTime64(9), workspace, service, label String (empty: any; a label may be a class), severities Array(String)
-- returns: label, severity (the gravest), stage, traces, spans, checks (that found it), asked, first_seen, last_seen, services, models, prompt_versions, examples (trace ids)
WITH
(
    -- How often each set of checks was asked: a label may be that of several, each asked of other spans.
    SELECT groupArray((arrayMap(one -> splitByChar('@', one)[1], splitByChar(',', toString(checks))), n))
    FROM
    (
        SELECT checks, count() AS n FROM spans_live
        WHERE start_time >= {since:DateTime64(9, 'UTC')} AND checks != ''
            AND ({workspace:String} = '' OR workspace = {workspace:String}) AND ({service:String} = '' OR service = {service:String})
        GROUP BY checks
        UNION ALL
        SELECT checks, count() AS n FROM trace_labels FINAL
        WHERE start_time >= {since:DateTime64(9, 'UTC')} AND checks != '' AND retracted = 0
            AND ({workspace:String} = '' OR workspace = {workspace:String}) AND ({service:String} = '' OR service = {service:String})
        GROUP BY checks
    )
) AS asked_of
SELECT
    label, argMin(f.severity, indexOf(['error', 'warning', 'info'], f.severity)) AS severity, topK(1)(f.stage)[1] AS stage,
    uniqExact(workspace, trace_id) AS traces,
    uniqExact(workspace, trace_id, span_id) AS spans,
    arraySort(groupUniqArray(toString(check_id))) AS checks,
    arraySum(one -> if(hasAny(one.1, checks), one.2, 0), asked_of) AS asked,
    min(time) AS first_seen, max(time) AS last_seen,
    topK(3)(toString(f.service)) AS services,
    arrayFilter(x -> x != '', topK(3)(toString(model))) AS models,
    arrayFilter(x -> x != '', topK(3)(toString(prompt_version))) AS prompt_versions,
    arraySlice(arrayDistinct(arrayReverseSort(x -> x.1, groupArray((time, trace_id))).2), 1, 3) AS examples
FROM findings AS f
WHERE time >= {since:DateTime64(9, 'UTC')} AND has({severities:Array(String)}, f.severity)
    AND ({workspace:String} = '' OR workspace = {workspace:String})
    AND ({service:String} = '' OR f.service = {service:String})
    AND ({label:String} = '' OR label = {label:String} OR class = {label:String})
GROUP BY label
ORDER BY traces DESC, label
