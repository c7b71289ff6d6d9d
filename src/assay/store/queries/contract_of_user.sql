-- Spans of one user.
-- params: user_id String
-- returns: spans
SELECT count() AS spans FROM spans_live WHERE user_id = {user_id:String}
