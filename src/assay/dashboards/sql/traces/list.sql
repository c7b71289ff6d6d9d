-- The newest traces that fit the filters: of the newest 5,000 spans, so that a day is not grouped to show a hundred lines.
-- returns: trace_id, started, service, root_name, duration_ms, spans, model_calls, tool_calls, errors, error_type, outcome, input_tokens, output_tokens, cost, user_id, conversation_id, question
WITH
    (
        SELECT min(start_time)
        FROM
        (
            SELECT start_time
            FROM span_rows
            WHERE (${words:singlequote} = '' OR positionCaseInsensitive(name, ${words:singlequote}) > 0 OR user_id = ${words:singlequote} OR conversation_id = ${words:singlequote} OR request_id = ${words:singlequote}) AND
                @where spans
            ORDER BY start_time DESC LIMIT 5000
        )
    ) AS since,
    (
        SELECT groupArray(one)
        FROM
        (
            SELECT
                tuple(
                    trace_id, min(s.start_time),
                    toString(argMin(s.service, (s.parent_span_id != '', s.start_time))), toString(argMin(s.name, (s.parent_span_id != '', s.start_time))),
                    dateDiff('nanosecond', min(s.start_time), max(s.end_time)) / 1e6,
                    count(), countIf(s.stage IN ('generation', 'embedding') AND s.counts), countIf(s.stage = 'tool'),
                    countIf(s.status = 'error'), toString(argMinIf(s.error_type, s.end_time, s.error_type != '')),
                    toString(argMaxIf(s.outcome, s.end_time, s.outcome != '')),
                    sumIf(ifNull(s.input_tokens, 0), s.counts), sumIf(ifNull(s.output_tokens, 0), s.counts), toFloat64(sum(s.cost)),
                    anyIf(s.user_id, s.user_id != ''), anyIf(s.conversation_id, s.conversation_id != ''),
                    argMinIf(s.question, s.start_time, s.question != unhex('00000000000000000000000000000000'))
                ) AS one
            FROM spans_live AS s
            WHERE workspace = ${workspace:singlequote} AND $__timeFilter(start_time) AND trace_id IN
            (
                SELECT trace_id
                FROM span_rows
                WHERE start_time >= since AND (${words:singlequote} = '' OR positionCaseInsensitive(name, ${words:singlequote}) > 0 OR user_id = ${words:singlequote} OR conversation_id = ${words:singlequote} OR request_id = ${words:singlequote}) AND
                    @where spans
                GROUP BY trace_id ORDER BY max(start_time) DESC LIMIT 100
            )
            GROUP BY trace_id
        )
    ) AS listed
SELECT
    one.1 AS trace_id, one.2 AS started, one.3 AS service, one.4 AS root_name, one.5 AS duration_ms, one.6 AS spans, one.7 AS model_calls, one.8 AS tool_calls,
    one.9 AS errors, one.10 AS error_type, if(said.outcome != '', said.outcome, one.11) AS outcome, one.12 AS input_tokens, one.13 AS output_tokens, one.14 AS cost, one.15 AS user_id, one.16 AS conversation_id,
    arrayStringConcat(arrayMap(part -> JSONExtractString(part, 'content'), JSONExtractArrayRaw(texts.text, 'parts')), ' ') AS question
FROM (SELECT arrayJoin(listed) AS one) AS ones
LEFT ANY JOIN (SELECT hash, text FROM texts WHERE workspace = ${workspace:singlequote} AND hash IN arrayMap(x -> x.17, listed)) AS texts ON texts.hash = one.17
LEFT ANY JOIN (SELECT trace_id, outcome FROM outcomes WHERE workspace = ${workspace:singlequote} AND trace_id IN arrayMap(x -> x.1, listed)) AS said ON said.trace_id = one.1
ORDER BY started DESC
