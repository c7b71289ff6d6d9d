-- Settled traces that people can be asked about where no judge scores a dimension: those with a failure that the dimension is about, and
-- those without, at most so many of each.
-- params: since DateTime64(3), dimension, workspace String (empty: any), most UInt32
-- returns: workspace, trace_id, start_ns, is_failing (has such a failure), probability (of being among these)
WITH
    failing AS
    (
        SELECT workspace, trace_id FROM findings
        WHERE severity != 'info' AND time >= {since:DateTime64(3, 'UTC')} - INTERVAL 1 DAY
            AND (label = {dimension:String} OR label IN (SELECT d.label FROM dimensions AS d WHERE d.dimension = {dimension:String}))
    ),
    settled AS
    (
        SELECT
            workspace, trace_id, toUnixTimestamp64Nano(start_time) AS start_ns,
            (workspace, trace_id) IN (SELECT workspace, trace_id FROM failing) AS is_failing
        FROM trace_labels FINAL
        WHERE start_time >= {since:DateTime64(3, 'UTC')} AND retracted = 0
            AND ({workspace:String} = '' OR workspace = {workspace:String})
    )
SELECT
    workspace, trace_id, start_ns, is_failing,
    least(1, {most:UInt32} / (count() OVER (PARTITION BY is_failing))) AS probability
FROM settled
ORDER BY sipHash64(workspace, trace_id, {dimension:String}), trace_id
LIMIT {most:UInt32} BY is_failing
