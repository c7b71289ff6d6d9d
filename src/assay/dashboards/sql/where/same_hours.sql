-- This hour and the one before, and the same two hours of the eight weeks before, of all workspaces. `week` is 0 for now.
cohort_key = ''
AND bucket >= toStartOfHour(toTimeZone($__toTime, 'UTC')) - INTERVAL 1345 HOUR AND bucket <= $__toTime
AND dateDiff('hour', toStartOfHour(bucket), toStartOfHour(toTimeZone($__toTime, 'UTC'))) % 168 IN (0, 1)
