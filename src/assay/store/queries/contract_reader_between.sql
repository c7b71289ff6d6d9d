-- A row of the view that takes parameters.
SELECT * FROM rollup_between(since = now() - INTERVAL 1 DAY, until = now()) LIMIT 1
