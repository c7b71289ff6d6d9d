-- Must be refused to a reader: lifting its own limits.
SELECT 1 SETTINGS max_execution_time = 0, max_memory_usage = 0
