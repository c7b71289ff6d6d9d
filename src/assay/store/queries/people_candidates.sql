-- Traces that people can be asked about: those with a score in a dimension, once for every judge version that gave one.
-- params: since DateTime64(3), dimension String, workspace String (empty: any)
-- returns: workspace, trace_id, start_ns, judge_id, judge_version, score, probability (of being judged), is_failing (has a finding that is
--   a failure)
SELECT
    workspace, trace_id, toUnixTimestamp64Nano(time) AS start_ns, judge_id, judge_version, score,
    sampling_probability AS probability,
    (workspace, trace_id) IN
    (
        SELECT workspace, trace_id FROM findings
        WHERE severity != 'info' AND time >= {since:DateTime64(3, 'UTC')} - INTERVAL 1 DAY
    ) AS is_failing
FROM verdicts
WHERE time >= {since:DateTime64(3, 'UTC')} AND dimension = {dimension:String} AND NOT stale AND isNotNull(score)
    AND ({workspace:String} = '' OR workspace = {workspace:String})
ORDER BY workspace, trace_id, judge_id, judge_version
