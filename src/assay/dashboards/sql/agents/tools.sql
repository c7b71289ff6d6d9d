-- Each tool: executions, failures, time-outs, latency.
-- returns: service, tool, calls, failed, timed_out, commonest_error, p50_ms, p95_ms, traces
SELECT
    service, tool_name AS tool,
    count() AS calls,
    countIf(status = 'error') / count() AS failed,
    countIf(error_type = 'timeout') / count() AS timed_out,
    arrayElement(topKIf(1)(toString(error_type), error_type != ''), 1) AS commonest_error,
    quantile(0.5)(duration_ms) AS p50_ms,
    quantile(0.95)(duration_ms) AS p95_ms,
    uniq(trace_id) AS traces
FROM spans_live
WHERE stage = 'tool' AND tool_name != '' AND
    @where spans
GROUP BY service, tool ORDER BY failed DESC, calls DESC LIMIT 100
