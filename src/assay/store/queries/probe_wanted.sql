-- Traces of probe sets that a judge version has to be asked about: its gate was taken back (fell, another model, or a version without labels
-- took over from one that was open) and is not open again, and it has not been asked since, nor judged the trace as what it is now.
-- params: judge_id String, judge_version UInt16, most UInt32
-- returns: workspace, trace_id, dimension, first_ns, last_ns (start of its spans)
WITH
    taken_back AS
    (
        SELECT workspace, dimension, max(back) AS at, any(model) AS model, any(told) AS told
        FROM
        (
            SELECT
                workspace, dimension, source, maxIf(c.time, event IN ('fell', 'new_model', 'closed')) AS back,
                argMax(toString(judge_model), round) AS model, argMax(toString(rubric), round) AS told, argMax(toString(state), round) AS now
            FROM calibrations AS c
            WHERE judge_id = {judge_id:String} AND judge_version = {judge_version:UInt16}
            GROUP BY workspace, dimension, source
            HAVING now != 'open' AND back > toDateTime64(0, 3, 'UTC')
        )
        GROUP BY workspace, dimension
    ),
    items AS
    (
        SELECT p.workspace AS workspace, p.dimension AS dimension, p.trace_id AS trace_id, t.at AS at, t.model AS model, t.told AS told
        FROM (SELECT DISTINCT workspace, dimension, trace_id FROM probe_items) AS p
        INNER JOIN taken_back AS t ON t.workspace = p.workspace AND t.dimension = p.dimension
    ),
    settled AS
    (
        SELECT workspace, trace_id, start_time FROM trace_labels FINAL
        WHERE retracted = 0 AND (workspace, trace_id) IN (SELECT workspace, trace_id FROM items)
    ),
    (SELECT min(start_time) - INTERVAL 1 HOUR FROM settled) AS first,
    (SELECT max(start_time) + INTERVAL 25 HOUR FROM settled) AS last
SELECT i.workspace AS workspace, i.trace_id AS trace_id, toString(i.dimension) AS dimension, s.first_ns AS first_ns, s.last_ns AS last_ns
FROM items AS i
INNER JOIN
(
    SELECT workspace, trace_id, toUnixTimestamp64Nano(min(start_time)) AS first_ns, toUnixTimestamp64Nano(max(start_time)) AS last_ns
    FROM spans
    WHERE start_time >= first AND start_time <= last AND (workspace, trace_id) IN (SELECT workspace, trace_id FROM items)
    GROUP BY workspace, trace_id
) AS s ON s.workspace = i.workspace AND s.trace_id = i.trace_id
LEFT JOIN
(
    SELECT workspace, dimension, trace_id, max(p.at) AS asked
    FROM probe_verdicts AS p
    WHERE judge_id = {judge_id:String} AND judge_version = {judge_version:UInt16}
    GROUP BY workspace, dimension, trace_id
) AS a ON a.workspace = i.workspace AND a.dimension = i.dimension AND a.trace_id = i.trace_id
LEFT JOIN
(
    SELECT workspace, trace_id, argMax((toString(judge_model), toString(rubric)), revision) AS as_what, 1 AS judged
    FROM verdict_rows FINAL
    WHERE judge_id = {judge_id:String} AND judge_version = {judge_version:UInt16}
        AND (workspace, trace_id) IN (SELECT workspace, trace_id FROM items)
    GROUP BY workspace, trace_id
) AS v ON v.workspace = i.workspace AND v.trace_id = i.trace_id
WHERE a.asked < i.at AND NOT (v.judged = 1 AND v.as_what = (i.model, i.told))
ORDER BY workspace, dimension, trace_id
LIMIT {most:UInt32}
