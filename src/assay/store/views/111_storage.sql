-- What lies on disk by table, of the server that answers. Many parts in one partition mean that merges do not keep up.
-- columns: table, rows, bytes_on_disk, parts, fullest_partition_parts
CREATE OR REPLACE VIEW @on_cluster storage AS
SELECT
    table, sum(partition_rows) AS rows, sum(partition_bytes) AS bytes_on_disk, sum(partition_parts) AS parts, max(partition_parts) AS fullest_partition_parts
FROM
(
    SELECT table, partition_id, sum(p.rows) AS partition_rows, sum(p.bytes_on_disk) AS partition_bytes, count() AS partition_parts
    FROM system.parts AS p
    WHERE active AND database = currentDatabase()
    GROUP BY table, partition_id
)
GROUP BY table;
