-- The first insertion of all.
-- returns: first (1970 when there is nothing)
SELECT if(a = toDateTime64(0, 3, 'UTC'), b, if(b = toDateTime64(0, 3, 'UTC'), a, least(a, b))) AS first
FROM (SELECT min(inserted_at) AS a FROM spans) AS s, (SELECT min(inserted_at) AS b FROM log_records) AS l
