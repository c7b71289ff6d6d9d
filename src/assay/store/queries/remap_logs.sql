-- Log records that describe the spans of an hour.
-- params: from, to DateTime64(9) (start of spans), below UInt16 (mapping version), slices and slice UInt32
-- returns: the columns of log_records, time in nanoseconds
SELECT workspace, trace_id, span_id, toUnixTimestamp64Nano(time) AS time, log_id, event_name, severity, scope_name, service, body, attributes, resource
FROM log_records AS l FINAL
WHERE span_id != '' AND event_name != 'gen_ai.evaluation.result' AND (workspace, trace_id) IN
(
    SELECT workspace, trace_id FROM spans
    WHERE start_time >= {from:DateTime64(9, 'UTC')} AND start_time < {to:DateTime64(9, 'UTC')} AND mapping_version < {below:UInt16}
        AND cityHash64(trace_id) % {slices:UInt32} = {slice:UInt32}
)
