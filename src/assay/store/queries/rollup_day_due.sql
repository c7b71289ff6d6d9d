-- Whether the last day as one is missing, or an hour of it was built after it was.
-- params: day_from and day_until DateTime, rebuild_before UInt64 (generation: a younger one may be out of date for now)
-- returns: due
SELECT
    maxIf(generation, bucket_seconds = 3600) AS hours,
    maxIf(generation, bucket_seconds = 75600 AND bucket = {day_from:DateTime('UTC')}) AS built,
    hours > built AND built < {rebuild_before:UInt64} AS due
FROM rollup_commits
WHERE bucket >= {day_from:DateTime('UTC')} AND bucket < {day_until:DateTime('UTC')}
