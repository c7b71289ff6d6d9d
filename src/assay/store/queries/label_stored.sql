-- Questions that a process that starts has to know: those of yesterday and today, and all that were stored since the last one ended.
-- params: since DateTime64(3), most UInt64 (the latest so many)
-- returns: workspace, question (16 bytes), lacks (a trace lacks its source), found (another does not), is_new, first_ns and last_ns (start of their traces)
SELECT
    workspace, question, max(standing = 'lacking') AS lacks, max(standing = 'answered') AS found, max(inserted_at > {since:DateTime64(3, 'UTC')}) AS is_new,
    toUnixTimestamp64Nano(min(start_time)) AS first_ns, toUnixTimestamp64Nano(max(start_time)) AS last_ns
FROM asked_questions
WHERE start_time >= toStartOfDay(now()) - INTERVAL 1 DAY OR inserted_at > {since:DateTime64(3, 'UTC')}
GROUP BY workspace, question
ORDER BY is_new AND lacks DESC, last_ns DESC
LIMIT {most:UInt64}
