-- The newest traces that fit the filters.
-- returns: trace_id, started, service, root_name, duration_ms, spans, model_calls, tool_calls, errors, error_type, outcome, input_tokens, output_tokens, cost, user_id, conversation_id, question
WITH
chosen AS
(
    SELECT trace_id
    FROM spans_live
    WHERE (${words:singlequote} = '' OR positionCaseInsensitive(name, ${words:singlequote}) > 0 OR user_id = ${words:singlequote} OR conversation_id = ${words:singlequote} OR request_id = ${words:singlequote}) AND
        @where spans
    GROUP BY trace_id ORDER BY max(start_time) DESC LIMIT 100
),
listed AS
(
    SELECT trace_id, min(s.start_time) AS started,
        argMin(s.service, (parent_span_id != '', s.start_time)) AS service, argMin(s.name, (parent_span_id != '', s.start_time)) AS root_name,
        dateDiff('nanosecond', started, max(s.end_time)) / 1e6 AS duration_ms,
        count() AS spans, countIf(stage IN ('generation', 'embedding') AND counts) AS model_calls, countIf(stage = 'tool') AS tool_calls,
        countIf(status = 'error') AS errors, argMinIf(s.error_type, s.end_time, s.error_type != '') AS error_type,
        argMaxIf(s.outcome, s.end_time, s.outcome != '') AS outcome,
        sumIf(s.input_tokens, counts) AS input_tokens, sumIf(s.output_tokens, counts) AS output_tokens, toFloat64(sum(s.cost)) AS cost,
        anyIf(s.user_id, s.user_id != '') AS user_id, anyIf(s.conversation_id, s.conversation_id != '') AS conversation_id,
        argMinIf(s.question, s.start_time, s.question != unhex('00000000000000000000000000000000')) AS question_hash
    FROM spans_live AS s
    WHERE workspace = ${workspace:singlequote} AND $__timeFilter(start_time) AND trace_id IN (SELECT trace_id FROM chosen)
    GROUP BY trace_id
)
SELECT listed.* EXCEPT question_hash, arrayStringConcat(arrayMap(part -> JSONExtractString(part, 'content'), JSONExtractArrayRaw(texts.text, 'parts')), ' ') AS question
FROM listed LEFT ANY JOIN
(
    SELECT hash, text FROM texts WHERE workspace = ${workspace:singlequote} AND hash IN (SELECT question_hash FROM listed)
) AS texts ON texts.hash = listed.question_hash
ORDER BY started DESC
