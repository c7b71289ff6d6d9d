-- What lies on disk by table: rows, bytes, parts. Of the server that answers, where there are several.
-- returns: table, rows, bytes_on_disk, parts, fullest_partition_parts
SELECT table, rows, bytes_on_disk, parts, fullest_partition_parts FROM storage ORDER BY bytes_on_disk DESC
