-- How far behind the store is: the newest insert, and the times up to which traces are settled and spans are in rollups (1970: never).
-- returns: spans, newest_insert, settled_until, frontier, now
SELECT
    (SELECT count() FROM spans) AS spans,
    (SELECT max(inserted_at) FROM spans) AS newest_insert,
    (SELECT max(watermark) FROM progress WHERE name = 'settle') AS settled_until,
    (SELECT max(frontier) FROM rollup_commits WHERE bucket_seconds = 0) AS frontier,
    now64(3, 'UTC') AS now
