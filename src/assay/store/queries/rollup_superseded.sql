-- How many rollup rows no longer count.
-- params: before UInt64 (generation)
-- returns: superseded
SELECT count() AS superseded
FROM rollups
WHERE generation < {before:UInt64}
    AND ((bucket, bucket_seconds, generation) NOT IN
        (SELECT bucket, bucket_seconds, max(generation) FROM rollup_commits WHERE bucket_seconds IN (300, 3600) GROUP BY bucket, bucket_seconds
         UNION ALL
         SELECT argMax(bucket, generation), toUInt32(75600), max(generation) FROM rollup_commits WHERE bucket_seconds = 75600)
        OR (bucket_seconds = 300 AND toStartOfHour(bucket) IN
            (SELECT bucket FROM rollup_commits WHERE bucket_seconds = 3600 AND generation < {before:UInt64})))
