-- Settled traces that were labelled in a window, or that a later turn or feedback said something unhappy about in it, but for those that this
-- judge version has looked at or was asked about in a batch that is under way. What somebody was unhappy about comes again though it was
-- looked at: `is_judged`.
-- params: since, until DateTime64(3) (when labels and feedback were stored), judge_id String, judge_version UInt16, slots Array(UInt8)
-- returns: workspace, trace_id, revision, labelled_ms, first_ns and last_ns (start of its spans), earlier_score (of its conversation; NaN:
-- none), earlier_probability (0: none), is_judged
WITH
    unhappy AS
    (
        SELECT workspace, trace_id
        FROM feedback_rows
        WHERE inserted_at > {since:DateTime64(3, 'UTC')} AND inserted_at <= {until:DateTime64(3, 'UTC')} AND trace_id != ''
            AND (value < 0.5 OR kind = 'correction' OR outcome IN ('failure', 'escalated', 'abandoned'))
    ),
    touched AS
    (
        SELECT
            workspace, start_time, id != trace_id AS is_about_earlier,
            arrayJoin(arrayConcat([trace_id], arrayFilter((t, s) -> t != '' AND s != 'thanked', signal_traces, signals))) AS id
        FROM trace_labels
        WHERE inserted_at > {since:DateTime64(3, 'UTC')} AND inserted_at <= {until:DateTime64(3, 'UTC')} AND retracted = 0
            AND cityHash64(id) % 64 IN {slots:Array(UInt8)}
        UNION ALL
        SELECT workspace, start_time, 1 AS is_about_earlier, trace_id AS id
        FROM trace_labels
        WHERE retracted = 0 AND cityHash64(trace_id) % 64 IN {slots:Array(UInt8)} AND trace_id IN (SELECT trace_id FROM unhappy)
            AND (workspace, trace_id) IN (SELECT workspace, trace_id FROM unhappy)
    ),
    -- A later turn comes within a day, and clocks of hosts differ.
    (SELECT min(start_time) - INTERVAL 25 HOUR FROM touched) AS oldest
SELECT
    l.workspace AS workspace, l.trace_id AS trace_id, l.version AS revision, toUnixTimestamp64Milli(l.inserted_at) AS labelled_ms,
    s.first_ns AS first_ns, s.last_ns AS last_ns, if(l.conversation_id = '', nan, ifNull(c.lowest, nan)) AS earlier_score,
    v.probability AS earlier_probability, v.judged >= l.version AS is_judged
FROM
(
    SELECT workspace, trace_id, version, inserted_at, conversation_id FROM trace_labels FINAL
    WHERE start_time >= oldest AND (workspace, trace_id) IN (SELECT workspace, id FROM touched) AND retracted = 0
) AS l
INNER JOIN
(
    SELECT workspace, trace_id, toUnixTimestamp64Nano(min(start_time)) AS first_ns, toUnixTimestamp64Nano(max(start_time)) AS last_ns
    FROM spans
    WHERE start_time >= oldest AND (workspace, trace_id) IN (SELECT workspace, id FROM touched)
    GROUP BY workspace, trace_id
) AS s ON s.workspace = l.workspace AND s.trace_id = l.trace_id
LEFT JOIN
(
    SELECT
        workspace, trace_id, max(sampling_probability) AS probability,
        maxIf(revision, judge_version = {judge_version:UInt16}) AS judged
    FROM verdict_rows
    WHERE start_time >= oldest AND judge_id = {judge_id:String} AND (workspace, trace_id) IN (SELECT workspace, id FROM touched)
    GROUP BY workspace, trace_id
) AS v ON v.workspace = l.workspace AND v.trace_id = l.trace_id
LEFT JOIN
(
    SELECT workspace, conversation_id, min(score) AS lowest
    FROM verdict_rows FINAL
    WHERE start_time >= oldest AND judge_id = {judge_id:String} AND conversation_id != ''
    GROUP BY workspace, conversation_id
) AS c ON c.workspace = l.workspace AND c.conversation_id = l.conversation_id
LEFT JOIN
(
    SELECT workspace, trace_id, max(revision) AS asked
    FROM judge_batches FINAL
    WHERE done = 0 AND judge_id = {judge_id:String} AND judge_version = {judge_version:UInt16}
    GROUP BY workspace, trace_id
) AS b ON b.workspace = l.workspace AND b.trace_id = l.trace_id
WHERE b.asked < l.version
    AND (v.judged < l.version OR (l.workspace, l.trace_id) IN (SELECT workspace, id FROM touched WHERE is_about_earlier))
ORDER BY labelled_ms, workspace, trace_id
