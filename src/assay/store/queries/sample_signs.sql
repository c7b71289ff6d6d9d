-- What looks odd about settled traces, for the sampler. `negative` counts what users let slip and an outcome that is no success;
-- `gravest` is 3 for an error, 2 for a warning, 1 for info, 0 without a finding.
-- params: traces Array(String)
-- returns: workspace, trace_id, service, route, duration_ms, cost_usd, gravest, negative, cohort (map)
SELECT
    t.workspace AS workspace, t.trace_id AS trace_id, t.service AS service, t.route AS route, t.duration_ms AS duration_ms,
    toFloat64(t.cost_usd) AS cost_usd, f.gravest AS gravest,
    s.negative + (t.outcome IN ('failure', 'escalated', 'abandoned')) AS negative, t.cohort AS cohort
FROM
(
    SELECT workspace, trace_id, service, route, duration_ms, cost_usd, outcome, cohort
    FROM traces
    WHERE trace_id IN {traces:Array(String)}
) AS t
LEFT JOIN
(
    SELECT workspace, trace_id, max(indexOf(['info', 'warning', 'error'], toString(severity))) AS gravest
    FROM findings
    WHERE trace_id IN {traces:Array(String)}
    GROUP BY workspace, trace_id
) AS f ON t.workspace = f.workspace AND t.trace_id = f.trace_id
LEFT JOIN
(
    SELECT workspace, trace_id, count() AS negative
    FROM signals
    WHERE trace_id IN {traces:Array(String)} AND signal != 'thanked'
    GROUP BY workspace, trace_id
) AS s ON t.workspace = s.workspace AND t.trace_id = s.trace_id
