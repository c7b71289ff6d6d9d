-- Hours that hold spans mapped by an older version.
-- params: since DateTime64(3), below UInt16 (mapping version)
-- returns: hour, spans
SELECT toStartOfHour(start_time) AS hour, count() AS spans
FROM spans FINAL
WHERE start_time >= {since:DateTime64(3, 'UTC')} AND mapping_version < {below:UInt16}
GROUP BY hour
ORDER BY hour
