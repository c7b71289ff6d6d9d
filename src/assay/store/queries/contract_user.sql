-- The user with the most spans, and how many.
-- returns: user_id, spans
SELECT user_id, count() AS spans FROM spans_live WHERE user_id != '' GROUP BY user_id ORDER BY spans DESC, user_id LIMIT 1
