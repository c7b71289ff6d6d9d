-- How many rollup rows no longer count.
-- params: before UInt64 (generation)
-- returns: superseded
SELECT count() AS superseded
FROM rollups
WHERE generation < {before:UInt64}
    AND ((bucket, bucket_seconds, generation) NOT IN
        (SELECT bucket, bucket_seconds, max(generation) FROM rollup_commits WHERE bucket_seconds > 0 GROUP BY bucket, bucket_seconds)
        OR (bucket_seconds = 300 AND toStartOfHour(bucket) IN
            (SELECT bucket FROM rollup_commits WHERE bucket_seconds = 3600 AND generation < {before:UInt64})))
