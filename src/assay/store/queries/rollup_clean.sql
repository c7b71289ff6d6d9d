-- Removes generations that no longer count. Only those older than an hour, so that no running query reads them.
-- params: before UInt64 (generation)
DELETE FROM rollups
WHERE generation < {before:UInt64}
    AND ((bucket, bucket_seconds, generation) NOT IN
        (SELECT bucket, bucket_seconds, max(generation) FROM rollup_commits WHERE bucket_seconds > 0 GROUP BY bucket, bucket_seconds)
        OR (bucket_seconds = 300 AND toStartOfHour(bucket) IN
            (SELECT bucket FROM rollup_commits WHERE bucket_seconds = 3600 AND generation < {before:UInt64})))
