-- The spans of one trace in the columns of Grafana's trace view: https://grafana.com/docs/grafana/latest/explore/trace-integration/#data-frame-structure
-- returns: traceID, spanID, parentSpanID, operationName, serviceName, serviceTags, startTime, duration, tags, kind, statusCode, statusMessage, instrumentationLibraryName, instrumentationLibraryVersion
SELECT
    trace_id AS traceID,
    span_id AS spanID,
    parent_span_id AS parentSpanID,
    toString(name) AS operationName,
    toString(service) AS serviceName,
    arrayMap(x -> map('key', x.1, 'value', x.2), arrayFilter(x -> x.2 != '', [('service.version', toString(release)), ('deployment.environment.name', toString(environment))])) AS serviceTags,
    toUnixTimestamp64Nano(start_time) / 1e6 AS startTime,
    duration_ms AS duration,
    arrayMap(x -> map('key', x.1, 'value', x.2), arrayFilter(x -> x.2 != '', arrayConcat(
        [('stage', toString(stage)), ('operation', toString(operation)), ('model', toString(model)), ('prompt', arrayStringConcat(arrayFilter(x -> x != '', [toString(prompt_name), toString(prompt_version)]), '@')),
         ('input_tokens', ifNull(toString(input_tokens), '')), ('output_tokens', ifNull(toString(output_tokens), '')), ('cost_usd', ifNull(toString(cost_usd), '')),
         ('time_to_first_token_ms', ifNull(toString(round(time_to_first_token_ms)), '')), ('finish_reasons', arrayStringConcat(finish_reasons, ', ')),
         ('tool', toString(tool_name)), ('data_source', toString(data_source)), ('documents', if(empty(document_ids), '', toString(length(document_ids)))),
         ('error_type', toString(error_type)), ('error_class', toString(error_class)), ('usage_role', if(counts, '', toString(usage_role))), ('dialect', toString(dialect)),
         ('user', user_id), ('conversation', conversation_id), ('route', toString(route)), ('feature', toString(feature)), ('outcome', toString(outcome))],
        arrayZip(arrayMap(x -> toString(x), cohort_keys), arrayMap(x -> toString(x), cohort_values))))) AS tags,
    toString(kind) AS kind,
    multiIf(status = 'error', 2, status = 'ok', 1, 0) AS statusCode,
    status_message AS statusMessage,
    toString(scope_name) AS instrumentationLibraryName,
    toString(scope_version) AS instrumentationLibraryVersion
FROM spans_live
WHERE workspace = ${workspace:singlequote} AND trace_id = ${trace:singlequote}
ORDER BY start_time, span_id
LIMIT 5000
