-- How many values the distributions of the last day's committed hours hold.
-- params: day_from and day_until DateTime
-- returns: values
SELECT sum(length(duration_bins) + length(ttft_bins)) AS values
FROM rollups
WHERE (bucket, bucket_seconds, generation) IN
(
    SELECT bucket, bucket_seconds, max(generation)
    FROM rollup_commits
    WHERE bucket_seconds = 3600 AND bucket >= {day_from:DateTime('UTC')} AND bucket < {day_until:DateTime('UTC')}
    GROUP BY bucket, bucket_seconds
)
