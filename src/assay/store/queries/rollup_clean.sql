-- Removes generations that no longer count. Only those older than an hour, so that no running query reads them.
-- params: before UInt64 (generation)
DELETE FROM rollups
WHERE generation < {before:UInt64}
    AND ((bucket, bucket_seconds, generation) NOT IN
        (SELECT bucket, bucket_seconds, max(generation) FROM rollup_commits WHERE bucket_seconds IN (300, 3600) GROUP BY bucket, bucket_seconds
         UNION ALL
         SELECT argMax(bucket, generation), toUInt32(75600), max(generation) FROM rollup_commits WHERE bucket_seconds = 75600)
        OR (bucket_seconds = 300 AND toStartOfHour(bucket) IN
            (SELECT bucket FROM rollup_commits WHERE bucket_seconds = 3600 AND generation < {before:UInt64})))
