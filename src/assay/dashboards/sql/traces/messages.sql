-- What was said in one trace, oldest first: messages that a call repeats from the call before are shown once.
-- returns: start_time, span_id, direction, role, text
SELECT min(m.start_time) AS start_time, argMin(m.span_id, (m.start_time, m.direction, m.position)) AS span_id, argMin(m.direction, (m.start_time, m.direction, m.position)) AS direction, any(m.role) AS role,
    if(any(m.text) != '', any(m.text), m.message) AS text
FROM messages AS m
WHERE workspace = ${workspace:singlequote} AND trace_id = ${trace:singlequote}
GROUP BY m.message
ORDER BY start_time, direction, min(m.position)
LIMIT 500
