-- The limits that this user's statements have; 0 is none.
-- returns: max_execution_time, max_memory_usage, max_result_rows
SELECT
    toFloat64(getSetting('max_execution_time')) AS max_execution_time,
    toUInt64(getSetting('max_memory_usage')) AS max_memory_usage,
    toUInt64(getSetting('max_result_rows')) AS max_result_rows
