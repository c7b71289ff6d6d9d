-- Questions that a process that starts has to know: those that lack a source since yesterday, and all that were stored since the last one ended.
-- params: since DateTime64(3)
-- returns: workspace, question (16 bytes), is_new, first and last (start of their traces)
SELECT
    workspace, question, max(inserted_at > {since:DateTime64(3, 'UTC')}) AS is_new,
    toUnixTimestamp64Nano(min(start_time)) AS first_ns, toUnixTimestamp64Nano(max(start_time)) AS last_ns
FROM asked_questions
WHERE (standing = 'lacking' AND start_time >= toStartOfDay(now()) - INTERVAL 1 DAY) OR inserted_at > {since:DateTime64(3, 'UTC')}
GROUP BY workspace, question
