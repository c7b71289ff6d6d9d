-- Traces that were handed in with batches that have not been collected.
-- params: judge_id String, judge_version UInt16, slots Array(UInt8)
-- returns: the columns of judge_batches; times as numbers (start_ns, reserved_ms, asked_ms)
SELECT
    b.batch_id AS batch_id, b.scorer AS scorer, b.workspace AS workspace, b.trace_id AS trace_id, b.revision AS revision,
    toUnixTimestamp64Nano(b.start_time) AS start_ns, b.task AS task, b.reservation AS reservation,
    toUnixTimestamp64Milli(b.reserved_at) AS reserved_ms, b.reserved_usd AS reserved_usd,
    toUnixTimestamp64Milli(b.inserted_at) AS asked_ms
FROM judge_batches AS b FINAL
WHERE done = 0 AND judge_id = {judge_id:String} AND judge_version = {judge_version:UInt16} AND cityHash64(trace_id) % 64 IN {slots:Array(UInt8)}
ORDER BY batch_id, workspace, trace_id
