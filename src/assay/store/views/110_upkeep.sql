-- How far behind the store is, one row: seconds since the newest span was stored, since the time up to which traces are settled, and
-- since the time up to which spans are in rollups (later ones are counted from spans). NULL where there is nothing yet.
-- columns: newest_span_seconds, settle_seconds, rollup_seconds
CREATE OR REPLACE VIEW @on_cluster upkeep AS
SELECT
    (SELECT if(count() = 0, NULL, dateDiff('millisecond', max(inserted_at), now64(3)) / 1000) FROM spans) AS newest_span_seconds,
    (SELECT if(count() = 0, NULL, dateDiff('millisecond', max(watermark), now64(3)) / 1000) FROM progress WHERE name = 'settle') AS settle_seconds,
    (SELECT if(count() = 0, NULL, dateDiff('millisecond', max(frontier), now64(3)) / 1000) FROM rollup_commits WHERE bucket_seconds = 0) AS rollup_seconds;
