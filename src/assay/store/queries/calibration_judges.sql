-- Which model and rubric each judge version has now, by its verdicts of the last week.
-- params: workspace String (empty: all)
-- returns: workspace, judge_id, judge_version, dimension, judge_model, rubric
SELECT
    workspace, toString(judge_id) AS judge_id, judge_version, toString(dimension) AS dimension, told.1 AS judge_model, told.2 AS rubric
FROM
(
    SELECT
        workspace, judge_id, judge_version, dimension,
        argMax((toString(judge_model), toString(rubric)), (start_time, inserted_at, trace_id)) AS told
    FROM verdict_rows
    WHERE inserted_at > now64(3) - INTERVAL 7 DAY AND isNotNull(score) AND ({workspace:String} = '' OR workspace = {workspace:String})
    GROUP BY workspace, judge_id, judge_version, dimension
)
ORDER BY workspace, judge_id, judge_version, dimension
