-- Slots of five minutes whose rollups are out of date: something was inserted into them, somebody asked, or the frontier
-- moves over them. Slots without spans are not named.
-- params: since DateTime64(3) (insertions and requests from then on), old_frontier and frontier DateTime64(3)
-- returns: slot
SELECT DISTINCT toStartOfFiveMinutes(start_time) AS slot
FROM spans
WHERE inserted_at >= {since:DateTime64(3, 'UTC')} AND start_time < {frontier:DateTime64(3, 'UTC')}
UNION DISTINCT
SELECT DISTINCT toStartOfFiveMinutes(start_time) AS slot
FROM spans
WHERE start_time >= {old_frontier:DateTime64(3, 'UTC')} AND start_time < {frontier:DateTime64(3, 'UTC')}
UNION DISTINCT
SELECT bucket AS slot
FROM rollup_requests
WHERE requested_at >= {since:DateTime64(3, 'UTC')} AND bucket < {frontier:DateTime64(3, 'UTC')}
