-- Hours that are built in slots only.
-- returns: hour
SELECT DISTINCT toStartOfHour(bucket) AS hour
FROM rollup_commits
WHERE bucket_seconds = 300
    AND hour NOT IN (SELECT bucket FROM rollup_commits WHERE bucket_seconds = 3600)
