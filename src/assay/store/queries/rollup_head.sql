-- Where the rollups stand: the latest generation, the time up to which spans are in them, how far insertions were looked at.
-- returns: now, generation, frontier, watermark
SELECT
    now64(3) AS now,
    toUInt64(toUnixTimestamp64Nano(now64(9))) AS next_generation,
    max(c.generation) AS generation,
    max(c.frontier) AS frontier,
    max(c.watermark) AS watermark
FROM rollup_commits AS c
WHERE bucket_seconds = 0
