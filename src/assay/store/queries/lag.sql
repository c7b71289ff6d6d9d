-- How far behind the store is: the newest insert, and the time up to which spans are in rollups.
-- returns: spans, newest_insert, frontier, now
SELECT
    (SELECT count() FROM spans) AS spans,
    (SELECT max(inserted_at) FROM spans) AS newest_insert,
    (SELECT max(frontier) FROM rollup_commits WHERE bucket_seconds = 0) AS frontier,
    now64(3, 'UTC') AS now
