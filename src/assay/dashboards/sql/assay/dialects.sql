-- Spans by dialect; `unknown` looks like GenAI and no dialect table knows it.
-- returns: dialect, scope_name, spans, late_seconds_p95
SELECT
    dialect, scope_name, count() AS spans,
    quantile(0.95)(toUnixTimestamp64Milli(inserted_at) - intDiv(toUnixTimestamp64Nano(start_time) + toInt64(duration_ns), 1000000)) / 1000 AS late_seconds_p95
FROM spans_live
WHERE workspace = ${workspace:singlequote} AND $__timeFilter(start_time)
GROUP BY dialect, scope_name ORDER BY dialect != 'unknown', spans DESC LIMIT 100
