-- How many parts the busiest partition has, how many parts merges have still to save, and bytes on disk of all our tables.
-- returns: max_parts, merge_lag_parts, bytes_on_disk
SELECT max(parts) AS max_parts, sum(parts) - count() AS merge_lag_parts, sum(bytes) AS bytes_on_disk
FROM
(
    SELECT count() AS parts, sum(bytes_on_disk) AS bytes
    FROM system.parts
    WHERE active AND database = currentDatabase()
    GROUP BY table, partition_id
)
