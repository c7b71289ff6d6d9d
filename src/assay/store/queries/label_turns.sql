-- Turns of the wanted conversations, the earliest first.
-- params: round UInt64 (of wanted_ids); from, to DateTime64(9) (start of turns)
-- returns: the columns of conversation_turns, times in nanoseconds
SELECT
    workspace, conversation_id, trace_id, toUnixTimestamp64Nano(t.start_time) AS start_ns, toUnixTimestamp64Nano(t.end_time) AS end_ns,
    model, system, messages, question, answer, input_tokens
FROM conversation_turns AS t FINAL
WHERE (workspace, conversation_id) IN (SELECT workspace, id FROM wanted_ids WHERE round = {round:UInt64})
    AND t.start_time >= {from:DateTime64(9, 'UTC')} AND t.start_time <= {to:DateTime64(9, 'UTC')}
ORDER BY start_ns, trace_id
SETTINGS do_not_merge_across_partitions_select_final = 1
