-- 95th percentile of the duration of embedding, retrieval and rerank.
-- returns: time, stage, p95
SELECT $__timeInterval(start_time) AS time, toString(stage) AS stage, quantile(0.95)(duration_ms) AS p95
FROM spans_live
WHERE stage IN ('embedding', 'retrieval', 'rerank') AND
    @where spans
GROUP BY time, stage ORDER BY time, stage
