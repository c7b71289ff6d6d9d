-- Traces for a regression set: those that fit every given condition, the newest first. A class asks for its failures, a kind also for
-- what is only noteworthy. Feedback is what users said or let slip in their next turn.
-- params: since DateTime64(3), workspace String (empty: any), round UInt64 (of wanted_ids; 0: any trace), label (class or class.kind),
--   judge, dimension, compare (<, <=, >, >= or empty), feedback (negative, positive) String (empty: any), score Float64, limit UInt32
-- returns: workspace, trace_id, first_ns and last_ns (start of its spans)
SELECT
    workspace, trace_id, toUnixTimestamp64Nano(min(start_time)) AS first_ns, toUnixTimestamp64Nano(max(start_time)) AS last_ns
FROM spans
WHERE start_time >= {since:DateTime64(3, 'UTC')} AND ({workspace:String} = '' OR workspace = {workspace:String})
    AND ({round:UInt64} = 0 OR trace_id IN (SELECT id FROM wanted_ids WHERE round = {round:UInt64}))
    AND
    (
        {label:String} = '' OR (workspace, trace_id) IN
        (
            SELECT workspace, trace_id FROM findings
            WHERE time >= {since:DateTime64(3, 'UTC')} - INTERVAL 1 HOUR
                AND (label = {label:String} OR (class = {label:String} AND severity != 'info'))
        )
    )
    AND
    (
        ({judge:String} = '' AND {dimension:String} = '') OR (workspace, trace_id) IN
        (
            SELECT workspace, trace_id FROM verdicts
            WHERE time >= {since:DateTime64(3, 'UTC')} - INTERVAL 1 HOUR AND NOT stale AND isNotNull(score)
                AND ({judge:String} = '' OR judge_id = {judge:String})
                AND ({dimension:String} = '' OR dimension = {dimension:String})
                AND multiIf({compare:String} = '<', score < {score:Float64}, {compare:String} = '<=', score <= {score:Float64},
                    {compare:String} = '>', score > {score:Float64}, {compare:String} = '>=', score >= {score:Float64}, 1)
        )
    )
    AND
    (
        {feedback:String} = '' OR (workspace, trace_id) IN
        (
            SELECT workspace, trace_id FROM feedback
            WHERE superseded = 0 AND
                if({feedback:String} = 'negative', value < 0.5 OR kind = 'correction' OR outcome IN ('failure', 'escalated', 'abandoned'),
                    value > 0.5 OR outcome = 'success')
            UNION ALL
            SELECT workspace, trace_id FROM signals WHERE (signal = 'thanked') = ({feedback:String} = 'positive')
        )
    )
GROUP BY workspace, trace_id
ORDER BY first_ns DESC, workspace, trace_id
LIMIT {limit:UInt32}
