-- Whether any feedback names an answer by the provider's id alone.
-- returns: waiting
SELECT count() > 0 AS waiting FROM (SELECT 1 FROM feedback_rows WHERE trace_id = '' LIMIT 1)
